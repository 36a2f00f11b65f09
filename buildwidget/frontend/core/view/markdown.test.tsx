// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Markdown, safeAddress } from "./markdown";

let place: HTMLElement;
beforeEach(() => {
  place = document.createElement("div");
  document.body.append(place);
});
afterEach(() => {
  render(null, place);
  place.remove();
});

const draw = (text: string): HTMLElement => {
  render(<Markdown text={text} />, place);
  return place;
};

test("what an agent usually writes", () => {
  const text =
    "# Title\n\nSome **bold** `code`.\n\n1. one\n2. two\n\n- [x] done\n- [ ] open\n\n```py\nx < 1 & 2\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n> quote";
  const shown = draw(text);
  expect(shown.querySelector("h1")?.textContent).toBe("Title");
  expect(shown.querySelector("strong")?.textContent).toBe("bold");
  expect([...shown.querySelectorAll("ol li")].map((item) => item.textContent)).toEqual(["one", "two"]);
  expect([...shown.querySelectorAll("ul li")].map((item) => item.textContent)).toEqual(["☑ done", "☐ open"]);
  expect(shown.querySelector("pre code")?.textContent).toBe("x < 1 & 2");
  expect(shown.querySelectorAll("td")).toHaveLength(2);
  expect(shown.querySelector("blockquote")?.textContent).toContain("quote");
});

test("entities and escapes read as they were written", () => {
  expect(draw('a < b & c > d \\*e\\* `<x>` "q" it\'s').textContent).toBe('a < b & c > d *e* <x> "q" it\'s');
});

const HOSTILE = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><use href=data:x></svg>",
  '<a href="javascript:alert(1)" onclick="alert(1)">x</a>',
  "<style>body{display:none}</style>",
  "<form action=/x><input name=y autofocus onfocus=alert(1)></form>",
  '<div style="position:fixed;inset:0" class="jp-Cell" id="main">x</div>',
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "text <b>inline <script>alert(1)</script></b> text",
  "<!-- --><math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
  "![x](https://evil.example/pixel.png)",
  "![x](javascript:alert(1))",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:x)",
  "[x](//evil.example)",
  "[x](file:///etc/passwd)",
  "<javascript:alert(1)>",
  "[x]: javascript:alert(1)\n\n[x]",
  '[x](https://a.example "\\" onmouseover=alert(1) x=\\"")',
  "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
  "```html\n<script>alert(1)</script>\n```",
  "`<script>alert(1)</script>`",
];
const ALLOWED = new Set(
  "DIV P BR HR H1 H2 H3 H4 H5 H6 STRONG EM DEL CODE PRE BLOCKQUOTE UL OL LI A TABLE THEAD TBODY TR TH TD".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(["href", "target", "rel", "title", "start", "style"]);

test.each(HOSTILE)("%s is harmless", (text) => {
  for (const element of draw(text).querySelectorAll(".bw-markdown-block *")) {
    expect(ALLOWED).toContain(element.tagName);
    for (const { name } of element.attributes) expect(ATTRIBUTES).toContain(name);
    const address = element.getAttribute("href");
    if (address !== null) expect(address).toMatch(/^(https?:\/\/|mailto:)/);
    if (element.tagName === "A") expect(element.getAttribute("rel")).toBe("noopener noreferrer");
  }
});

test("links may be web pages and mail, nothing else", () => {
  expect(safeAddress("https://example.org/a?b=c")).toBe("https://example.org/a?b=c");
  expect(safeAddress("mailto:a@example.org")).toBe("mailto:a@example.org");
  for (const bad of ["javascript:x", " java\nscript:x", "/relative", "#here", "//host", "data:x", ""]) {
    expect(safeAddress(bad)).toBeNull();
  }
});

test("while a text grows its finished blocks keep their elements", () => {
  const first = draw("# Title\n\nThe first paragraph").querySelector("h1");
  draw("# Title\n\nThe first paragraph grows\n\nand a second comes");
  expect(place.querySelector("h1")).toBe(first);
  expect(place.querySelectorAll("p")).toHaveLength(2);
});

test("links defined elsewhere in the text are found", () => {
  expect(draw("see [one][1]\n\n[1]: https://example.org/one").querySelector("a")?.href).toBe(
    "https://example.org/one",
  );
});

test.each([
  ["quotes", ">".repeat(5_000)],
  ["lists", Array.from({ length: 250 }, (_, depth) => `${" ".repeat(depth * 2)}- x`).join("\n")],
  ["emphasis", "_a".repeat(30_000)],
  ["emphasis in many paragraphs", `${"_a".repeat(1_000)}\n\n`.repeat(30)],
  ["nested emphasis", "**a *b ".repeat(1_000)],
  ["brackets", "[".repeat(60_000)],
  ["ticks", "`a".repeat(30_000)],
])("hostile nesting of %s keeps its text", (_, text) => {
  expect(draw(text).textContent?.length).toBeGreaterThan(100);
});

test("a paragraph so long that parsing it could freeze the page stays as it was written", () => {
  expect(draw("*a* ".repeat(1_000)).querySelectorAll("em")).toHaveLength(1_000);
  const long = "*a* ".repeat(3_000).trim();
  expect(draw(long).querySelector("em")).toBeNull();
  expect(place.textContent).toBe(long);
});
