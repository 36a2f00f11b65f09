/** Rows of lists, for tests. */
import type { Summary } from "../protocol/types.gen";

export function summary(id: string, more: Partial<Summary> = {}): Summary {
  return {
    id,
    owner: "me",
    kind: "command",
    name: id,
    project: null,
    tags: [],
    status: "succeeded",
    cancelling: false,
    percent: null,
    created_at: 1,
    head: 1,
    ...more,
  };
}
