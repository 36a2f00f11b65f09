/** For tests: a state that throws when it is changed. */
import { initialState } from "../state";

export const START = deepFreeze(initialState({ id: "build", owner: "me", kind: "agent", created_at: 1 }));

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
