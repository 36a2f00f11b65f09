/** Short ways to say events. Times are relative to when the page was opened. */
import type { Event, Todo } from "../../protocol/types.gen";

const START = Date.now();
export const ago = (seconds: number): number => START - seconds * 1000;

export const meta = (at: number, more: object): Event => ({ type: "meta", at, ...more });
export const status = (at: number, value: string, more: object = {}): Event =>
  ({ type: "status", at, status: value, ...more }) as Event;
export const todos = (at: number, list: Todo[]): Event => ({ type: "todos", at, todos: list });
export const tool = (at: number, id: string, more: object): Event => ({ type: "tool", at, id, ...more });
export const log = (at: number, first: number, lines: Array<[string, string]>, partial?: object): Event =>
  ({ type: "log", at, first, lines, ...(partial ? { partial } : {}) }) as Event;

const PLAN = ["Scaffold the project", "Write the app", "Write tests", "Deploy a preview"];
const FORMS = ["Scaffolding the project", "Writing the app", "Writing tests", "Deploying a preview"];

export function plan(active: number): Todo[] {
  return PLAN.map((content, index) => ({
    id: `t${index}`,
    content,
    active_form: FORMS[index] ?? content,
    status: index < active ? "completed" : index === active ? "in_progress" : "pending",
  }));
}
