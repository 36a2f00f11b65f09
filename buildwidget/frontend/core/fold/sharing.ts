/** Structural sharing: what did not change keeps its identity, so a view redraws only what did. */

/** A type while it is being built. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `old` where `fresh` has the same fields (or items) with the same values, else `fresh`. */
export function shared<T>(old: T | undefined, fresh: T): T {
  return old !== undefined && isSame(old, fresh) ? old : fresh;
}

function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every(
      (key) =>
        Object.hasOwn(right, key) && left[key as keyof typeof left] === right[key as keyof typeof right],
    )
  );
}

/** `fresh` with every item that equals the old one at its place replaced by it; `old` where all do. */
export function sharedList<T>(old: readonly T[], fresh: readonly T[]): readonly T[] {
  return shared(
    old,
    fresh.map((item, at) => shared(old[at], item)),
  );
}

/** `old` where `fresh` reads the same as JSON: agents repeat a tool's whole input with every event of it. */
export function sharedJson(old: unknown, fresh: unknown): unknown {
  const areObjects = typeof old === "object" && typeof fresh === "object";
  return areObjects && JSON.stringify(old) === JSON.stringify(fresh) ? old : fresh;
}
