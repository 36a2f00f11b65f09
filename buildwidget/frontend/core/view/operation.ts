/** What an agent's build is for, in words. */

const WORDS: ReadonlyMap<string, string> = new Map([
  ["initial", "initial build"],
  ["focused_edit", "focused edit"],
]);

/** The words for an operation; one that is not known reads as it is. */
export function operationWords(operation: string): string {
  return WORDS.get(operation) ?? operation;
}
