/**
 * Markdown as tokens, in bounded time. The parser takes quadratic and cubic time for some texts: quotes and lists deep
 * inside each other, and runs of marks without an end. So it stops at a depth, and after so many steps; what is left
 * stays text.
 */
import { Lexer, type Token, Tokenizer, type Tokens, type TokensList } from "marked";

/** Blocks, or emphasis, deeper within each other than this stay text. Nothing deeper is drawn. */
export const MAX_DEPTH = 24;

/** Inline text is parsed in pieces up to this long. */
const MAX_INLINE = 8_000;

/** Characters of one document, counted again each time, in which the ends of emphasis are looked for in vain. */
const MAX_IN_VAIN = 4_000_000;

const WORD_BEFORE = /[\p{L}\p{N}]$/u;

class SpentError extends Error {}

/** Counts the only steps that grow with the square of a piece, and are slow. */
class CountingTokenizer extends Tokenizer {
  private left = MAX_IN_VAIN;

  override emStrong(src: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    const token = super.emStrong(src, masked, before);
    // Within a word "_" begins nothing, and nothing is looked for.
    const begins = src.startsWith("*") || (src.startsWith("_") && !WORD_BEFORE.test(before ?? ""));
    if (!token && begins) this.left -= src.length;
    if (this.left < 0) throw new SpentError();
    return token;
  }
}

class BoundedLexer extends Lexer {
  private depth = 0;

  constructor() {
    super({ gfm: true, tokenizer: new CountingTokenizer() });
  }

  override blockTokens(src: string, tokens: Token[] = [], lastParagraphClipped = false): TokensList {
    const parse = () => super.blockTokens(src, tokens, lastParagraphClipped);
    return this.deeper(src, tokens, parse) as TokensList; // it is what was given, as the parser's own is
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    return this.deeper(src, tokens, () => super.inlineTokens(src, tokens));
  }

  private deeper(src: string, tokens: Token[], parse: () => Token[]): Token[] {
    if (this.depth > MAX_DEPTH) {
      tokens.push({ type: "text", raw: src, text: src });
      return tokens;
    }
    this.depth += 1;
    try {
      return parse();
    } finally {
      this.depth -= 1;
    }
  }
}

/** The inline text of tokens that were not drawn yet, and the parser that knows the links defined beside it. */
const unparsed = new WeakMap<Token[], { readonly lexer: Lexer; readonly source: string }>();

/** The blocks of a text; while it grows only the last one changes. What is inside them is parsed when it is drawn. */
export function blocksOf(text: string): Token[] {
  const lexer = new BoundedLexer();
  try {
    const blocks = lexer.blockTokens(text.replace(/\r\n?/g, "\n"), []);
    for (const { src, tokens } of lexer.inlineQueue) unparsed.set(tokens, { lexer, source: src });
    return blocks.filter((token) => token.type !== "space" && token.type !== "def");
  } catch {
    // Whatever the parser cannot read is still text.
    return [{ type: "text", raw: text, text }];
  }
}

/** The tokens inside a block. */
export function parsed(tokens: Token[]): Token[] {
  const rest = unparsed.get(tokens);
  if (!rest) return tokens;
  unparsed.delete(tokens);
  tokens.push(...inlineOf(rest.lexer, rest.source));
  return tokens;
}

function inlineOf(lexer: Lexer, source: string): Token[] {
  try {
    if (source.length <= MAX_INLINE) return lexer.inlineTokens(source, []);
  } catch {
    // It took too many steps: the source is shown.
  }
  return [{ type: "text", raw: source, text: source }];
}
