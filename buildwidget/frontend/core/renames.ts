/** Where a file is now that was renamed or moved since its path was noted. Pure; who keeps the list bounds it. */

/** From an old path to the new one; of a directory, that of all below it. Oldest first. */
export type Renames = ReadonlyArray<readonly [from: string, to: string]>;

export const MAX_RENAMES = 200;

/** The list with one more rename; the oldest falls out. */
export function withRename(renames: Renames, from: string, to: string): Renames {
  return [...renames, [from, to] as const].slice(-MAX_RENAMES);
}

/** The path after all renames that came later, in their order. */
export function pathNow(renames: Renames, path: string): string {
  let now = path;
  for (const [from, to] of renames) {
    if (now === from) now = to;
    else if (now.startsWith(`${from}/`)) now = to + now.slice(from.length);
  }
  return now;
}

/** What was stored as text; anything else is an empty list. */
export function readRenames(text: string | null): Renames {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(list)) return [];
    return list.filter(
      (entry): entry is [string, string] =>
        Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "string",
    );
  } catch {
    return [];
  }
}

/**
 * The path below the server's root. Kernels know the file's whole path; `root` may be written with `~`, so that only
 * its end can be compared.
 */
export function pathBelow(path: string, root: string): string {
  let end = root.length;
  while (root[end - 1] === "/") end -= 1;
  const bare = root.slice(root.startsWith("~") ? 1 : 0, end);
  if (bare === "") return path.replace(/^\/+/, "");
  const at = root.startsWith("~") ? path.indexOf(`${bare}/`) : path.startsWith(`${bare}/`) ? 0 : -1;
  return at < 0 ? path : path.slice(at + bare.length + 1);
}
