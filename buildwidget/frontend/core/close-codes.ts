/** What a close code tells the client to do. */
import { CLOSE_CODES } from "./protocol/close_codes.gen";

export type Verdict =
  | { readonly comeBack: true; readonly retryMs: number; readonly message?: string }
  | { readonly comeBack: false; readonly message: string };

type Code = (typeof CLOSE_CODES)[number];
type Name = Code["name"];

/** What a person can do after a close that no try may follow by itself. */
const SENTENCES: Readonly<Record<Extract<Code, { comeBack: false }>["name"], string>> = {
  bad_frame: "The server did not understand this page. Reload the page.",
  unauthorized: "The server refused access. Log in again, then reload the page.",
  protocol_too_old: "This page and the server are of different versions. Reload the page.",
};

const LONGEST_ASKED_WAIT_MS = 60_000;

/**
 * Codes of a later version follow their range: 4500 to 4599 are final. All others that are unknown come from
 * proxies and browsers and mean "come back": a page that stays away from a healthy server helps nobody.
 */
export function verdictOf(code: number, reason: string): Verdict {
  const known = CLOSE_CODES.find((entry) => entry.code === code);
  if (known && !known.comeBack) return { comeBack: false, message: SENTENCES[known.name] };
  if (!known && code >= 4500 && code <= 4599) {
    return {
      comeBack: false,
      message: `The server closed the connection for good (${code}). Reload the page.`,
    };
  }
  return { comeBack: true, ...(known?.name === "shutting_down" ? asked(reason) : { retryMs: 0 }) };
}

export function codeOf(name: Name): number {
  return CLOSE_CODES.find((entry) => entry.name === name)?.code ?? 0;
}

/** `{"retry_ms": n, "message"?: s}` in the close reason; no wait where it is missing or absurd. */
function asked(reason: string): { retryMs: number; message?: string } {
  try {
    const { retry_ms, message } = JSON.parse(reason) as { retry_ms?: unknown; message?: unknown };
    const retryMs =
      typeof retry_ms === "number" && retry_ms > 0 ? Math.min(retry_ms, LONGEST_ASKED_WAIT_MS) : 0;
    return typeof message === "string" && message ? { retryMs, message } : { retryMs };
  } catch {
    return { retryMs: 0 };
  }
}
