// Reads schema.json on stdin and writes the TypeScript types to stdout.
// Run by `python -m buildwidget.protocol.schema`.
import { compile } from "json-schema-to-typescript";

/** Draft 2020-12 spells a tuple `prefixItems`, which the compiler does not know; it knows `items: [...]`. */
function tuples(node) {
  const { prefixItems, minItems, maxItems, ...rest } = node;
  return prefixItems ? { ...rest, items: prefixItems, minItems, maxItems, additionalItems: false } : node;
}

/** A field that may be absent is absent, never null, in what our side writes. */
function absentNotNull(node) {
  if (node.default !== null) return node;
  const { default: _, anyOf, ...rest } = node;
  const others = anyOf?.filter((part) => part.type !== "null") ?? [];
  return others.length === 1 ? { ...rest, ...others[0] } : anyOf ? { ...rest, anyOf: others } : rest;
}

function simplify(node) {
  if (Array.isArray(node)) return node.map(simplify);
  if (node === null || typeof node !== "object") return node;
  const plain = absentNotNull(tuples(node));
  return Object.fromEntries(
    Object.entries(plain)
      .filter(([key, value]) => key !== "default" && !(key === "title" && typeof value === "string"))
      .map(([key, value]) => [key, simplify(value)]),
  );
}

/** Without the compiler's remarks on itself, and readonly: a state is shared between folds and views. */
function readable(source) {
  return source
    .replace(/export interface Protocol \{[^}]*\}\n/, "")
    .replace(/ \*\n \* This interface was referenced by [\s\S]*?(?= \*\/)/g, "")
    .replace(/\/\*\*\n \* This interface was referenced by [\s\S]*?\*\/\n/g, "")
    .replace(/\/\*\*\n( \* @(min|max)Items \d+\n)+ \*\/\n/g, "")
    .replace(/^ \* {5}/gm, " * ")
    .replace(/^( +)([\w]+\??|\[k: string\]): /gm, "$1readonly $2: ")
    .replace(/= (\[.*\]);$/gm, "= readonly $1;")
    .replace(/: (\w+\[\]);$/gm, ": readonly $1;");
}

let text = "";
for await (const chunk of process.stdin) text += chunk;
const schema = JSON.parse(text);
const types = await compile({ title: "Protocol", $defs: simplify(schema.$defs) }, "Protocol", {
  additionalProperties: false,
  bannerComment: "",
  format: true,
  unreachableDefinitions: true,
  style: { printWidth: 110 },
});
process.stdout.write(readable(types));
