/** Who of several pages that share a document does what only one may do. */

/** What real-time collaboration knows of the pages that have a document open (y-protocols' `Awareness`). */
export interface Awareness {
  readonly clientID: number;
  getStates(): ReadonlyMap<number, unknown>;
}

/** This page's place among them, from 0, by a number that all of them know; 0 where it is alone. */
export function turnOf(awareness: Awareness | null | undefined): number {
  if (!awareness) return 0;
  return [...awareness.getStates().keys()].filter((client) => client < awareness.clientID).length;
}
