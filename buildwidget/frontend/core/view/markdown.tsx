/**
 * What an agent writes, as Markdown. The parser's tokens are drawn as nodes from a short list of elements; no HTML
 * string exists on the way, so there is nothing to escape from: raw HTML in the text stays text, links must name a
 * harmless scheme, and pictures are only named, because fetching one would tell a stranger that this page was read.
 */
import type { Token, Tokens } from "marked";
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { blocksOf, MAX_DEPTH, parsed } from "./markdown-blocks";
import { memo } from "./memo";

const HARMLESS = /^(?:https?:\/\/|mailto:)/i;

/** The address of a link as it may stand in the page, or null. */
export function safeAddress(href: string): string | null {
  // Browsers ignore control characters and blanks in a scheme; so must the check.
  const plain = [...href].filter((character) => character > " " && character !== "\u007f").join("");
  return HARMLESS.test(plain) ? plain : null;
}

const NAMED: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

/** Text of a token; the parser escapes some of it for the HTML that we do not make. */
function plain(token: { text?: string; raw: string; escaped?: boolean }): string {
  const text = token.text ?? token.raw;
  return token.escaped
    ? text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => NAMED[entity] ?? entity)
    : text;
}

export const Markdown = memo(function Markdown({ text }: { text: string }): JSX.Element {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div class="bw-markdown">
      {blocks.map((token, index) => (
        <Block key={index} raw={token.raw} token={token} />
      ))}
    </div>
  );
});

/** A block with the same source is the same block, though every parse makes a new token. */
function Block({ raw, token }: { raw: string; token: Token }): JSX.Element {
  return useMemo(() => <div class="bw-markdown-block">{draw(token, 0)}</div>, [raw]);
}

type Draw<Kind extends Token> = (token: Kind, depth: number) => ComponentChildren;

const inside = (
  token: { tokens?: Token[] | undefined; raw: string; text?: string },
  depth: number,
): ComponentChildren =>
  token.tokens ? parsed(token.tokens).map((each) => draw(each, depth + 1)) : plain(token);

const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

const ELEMENTS: Record<string, Draw<never>> = {
  paragraph: (token: Tokens.Paragraph, depth) => <p>{inside(token, depth)}</p>,
  heading: (token: Tokens.Heading, depth) => {
    const Heading = HEADINGS[token.depth - 1] ?? "h6";
    return <Heading>{inside(token, depth)}</Heading>;
  },
  code: (token: Tokens.Code) => (
    <pre>
      <code>{plain(token)}</code>
    </pre>
  ),
  blockquote: (token: Tokens.Blockquote, depth) => <blockquote>{inside(token, depth)}</blockquote>,
  list: (token: Tokens.List, depth) => <List token={token} depth={depth} />,
  table: (token: Tokens.Table, depth) => <Table token={token} depth={depth} />,
  hr: () => <hr />,
  br: () => <br />,
  strong: (token: Tokens.Strong, depth) => <strong>{inside(token, depth)}</strong>,
  em: (token: Tokens.Em, depth) => <em>{inside(token, depth)}</em>,
  del: (token: Tokens.Del, depth) => <del>{inside(token, depth)}</del>,
  codespan: (token: Tokens.Codespan) => <code>{plain(token)}</code>,
  link: (token: Tokens.Link, depth) => <Link token={token} depth={depth} />,
  image: (token: Tokens.Image) => `[image${token.text ? `: ${token.text}` : ""}] ${token.href}`,
  checkbox: (token: Tokens.Checkbox) => (token.checked ? "☑ " : "☐ "),
  text: (token: Tokens.Text, depth) => inside(token, depth),
  escape: (token: Tokens.Escape) => token.text,
};

/** A token as nodes; what is not on the list above is drawn as its source. */
function draw(token: Token, depth: number): ComponentChildren {
  if (token.type === "space" || token.type === "def") return null;
  const element =
    depth > MAX_DEPTH || !Object.hasOwn(ELEMENTS, token.type) ? undefined : ELEMENTS[token.type];
  return element ? element(token as never, depth) : token.raw;
}

interface PartProps<Kind> {
  readonly token: Kind;
  readonly depth: number;
}

function Link({ token, depth }: PartProps<Tokens.Link>): JSX.Element {
  const address = safeAddress(token.href);
  if (address === null) return <>{token.raw}</>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer" title={token.title ?? address}>
      {inside(token, depth)}
    </a>
  );
}

function List({ token, depth }: PartProps<Tokens.List>): JSX.Element {
  const items = token.items.map((item, index) => (
    <li key={index}>{parsed(item.tokens).map((each) => draw(each, depth + 1))}</li>
  ));
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token, depth }: PartProps<Tokens.Table>): JSX.Element {
  const cells = (row: Tokens.TableCell[], Cell: "th" | "td") =>
    row.map((cell, index) => (
      <Cell key={index} style={cell.align ? { textAlign: cell.align } : {}}>
        {parsed(cell.tokens).map((each) => draw(each, depth + 1))}
      </Cell>
    ));
  return (
    <table>
      <thead>
        <tr>{cells(token.header, "th")}</tr>
      </thead>
      <tbody>
        {token.rows.map((row, index) => (
          <tr key={index}>{cells(row, "td")}</tr>
        ))}
      </tbody>
    </table>
  );
}
