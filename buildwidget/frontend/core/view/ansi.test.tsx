// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test } from "vitest";
import { ansiSpans, ansiText, paletteColor } from "./ansi";

const ESC = "\u001b";

test("colours and weights become spans", () => {
  expect(ansiSpans("plain")).toEqual([{ text: "plain", class: "" }]);
  expect(ansiSpans(`a${ESC}[31mred${ESC}[0mb`)).toEqual([
    { text: "a", class: "" },
    { text: "red", class: "", color: "var(--bw-red)" },
    { text: "b", class: "" },
  ]);
  expect(ansiSpans(`${ESC}[1;92mbold`)[0]).toEqual({
    text: "bold",
    class: "bw-sgr-bold",
    color: "var(--bw-bright-green)",
  });
  expect(ansiSpans(`${ESC}[38;5;208mx`)[0]?.color).toBe("rgb(255, 135, 0)");
  expect(ansiSpans(`${ESC}[38;2;10;200;120mx`)[0]?.color).toBe("rgb(10, 200, 120)");
  expect(ansiSpans(`${ESC}[7mx`)[0]).toMatchObject({
    color: "var(--bw-ground)",
    background: "var(--bw-white)",
  });
  expect(ansiSpans(`${ESC}[41mx`)[0]).toMatchObject({
    color: "var(--bw-ground)",
    background: "var(--bw-red)",
  });
  expect(paletteColor(255)).toBe("rgb(238, 238, 238)");
});

test("what is switched on twice is switched off at once, and shows on no text before", () => {
  const text = `${ESC}[1ma${ESC}[1;4mb${ESC}[22mc${ESC}[1;1;1md${ESC}[0me`;
  expect(ansiSpans(text).map((span) => [span.text, span.class])).toEqual([
    ["a", "bw-sgr-bold"],
    ["b", "bw-sgr-bold bw-sgr-underline"],
    ["c", "bw-sgr-underline"],
    ["d", "bw-sgr-underline bw-sgr-bold"],
    ["e", ""],
  ]);
});

test("other escapes and control characters leave nothing behind", () => {
  const text = `a\u0007\u0000b${ESC}]8;;javascript:alert(1)\u0007link${ESC}]8;;\u0007\tend`;
  const shown = ansiSpans(text).map((span) => span.text);
  expect(shown.join("")).toBe("ablink\tend");
});

test("markup in terminal text is text", () => {
  const place = document.createElement("div");
  const hostile = `<script>alert(1)</script>${ESC}[31m<img src=x onerror=alert(1)>${ESC}[0m`;
  render(<pre>{ansiText(hostile)}</pre>, place);
  expect(place.querySelector("script, img")).toBeNull();
  expect(place.textContent).toBe("<script>alert(1)</script><img src=x onerror=alert(1)>");
});

test("hits are marked whatever their case", () => {
  const place = document.createElement("div");
  render(<pre>{ansiText(`Error: ${ESC}[31mERROR${ESC}[0m`, "error")}</pre>, place);
  expect([...place.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual(["Error", "ERROR"]);
  expect(place.textContent).toBe("Error: ERROR");
});

test("a hit across colours is marked in each of them", () => {
  const place = document.createElement("div");
  render(
    <pre>{ansiText(`a ${ESC}[1;31mred${ESC}[0m\u0007 fox, Red ${ESC}[32mF${ESC}[0mOX`, "red fox")}</pre>,
    place,
  );
  const marks = [...place.querySelectorAll("mark")].map((mark) => mark.textContent);
  expect(marks).toEqual(["red", " fox", "Red ", "F", "OX"]);
  expect(place.textContent).toBe("a red fox, Red FOX");
});

test("letters that change length without their case are marked whole", () => {
  const place = document.createElement("div");
  render(<pre>{ansiText(`İ Straße ${ESC}[32mSTRASSE${ESC}[0m`, "strasse")}</pre>, place);
  expect([...place.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual(["Straße", "STRASSE"]);
});
