import { useState } from "preact/hooks";

let made = 0;
/** Tells this bundle's ids from those of another one on the page (the widget's and the Lab extension's). */
const bundle = Math.random().toString(36).slice(2, 8);

/** An id that no other element of the page has. Preact's own counts within one root, and a page has many. */
export function useIdentity(): string {
  const [id] = useState(() => {
    made += 1;
    return `bw-${bundle}-${made}`;
  });
  return id;
}
