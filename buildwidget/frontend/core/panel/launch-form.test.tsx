// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, expect, test, vi } from "vitest";
import type { Launch } from "../page-client";
import type { Summary } from "../protocol/types.gen";
import { RestError } from "../rest";
import type { PanelHost } from "./host";
import { type LaunchDraft, LaunchForm } from "./launch-form";

afterEach(() => {
  render(null, document.body);
});

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3_000, interval: 10 });

function mount(
  launch: (build: Launch) => Promise<Summary>,
  draft: LaunchDraft = { kind: "agent", values: {} },
) {
  const [onDone, onCancel] = [vi.fn(), vi.fn()];
  const host = { server: { launch } } as unknown as PanelHost;
  render(<LaunchForm host={host} draft={draft} onDone={onDone} onCancel={onCancel} />, document.body);
  const find = <Kind extends HTMLElement>(selector: string) => {
    const element = document.querySelector<Kind>(selector);
    if (!element) throw new Error(`Nothing matches ${selector}.`);
    return element;
  };
  const type = (name: string, text: string) => {
    const control = find<HTMLInputElement>(`[name="${name}"]`);
    control.value = text;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const press = (key: string, more: KeyboardEventInit = {}) =>
    find("form").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
  return { find, type, press, onDone, onCancel, draft };
}

const refused = (field: string | null) => () =>
  Promise.reject(new RestError("There is no such directory.", "invalid", 400, field));

test("an agent is launched with the keyboard alone, and its task does not come again", async () => {
  const build = { id: "n" } as Summary;
  const launch = vi.fn(async (_: Launch) => build);
  const { type, press, onDone, draft } = mount(launch);
  await soon(() => expect(document.activeElement?.getAttribute("name")).toBe("prompt"));
  type("prompt", "Build it.");
  type("project", "site");
  await soon(() => expect(draft.values).toMatchObject({ prompt: "Build it.", project: "site" }));
  press("Enter");
  expect(launch).not.toHaveBeenCalled();
  press("Enter", { ctrlKey: true });
  await soon(() => expect(onDone).toHaveBeenCalledWith(build));
  expect(launch.mock.calls[0]?.[0]).toMatchObject({ kind: "agent", prompt: "Build it.", permission: "ask" });
  expect(draft.values).toEqual({ project: "site" });
});

test("an error stands at the field that it is about, which takes the focus", async () => {
  const { find, type, press, onDone } = mount(refused("cwd"));
  type("prompt", "Build it.");
  type("cwd", "nowhere");
  await soon(() => expect(find<HTMLInputElement>("[name=cwd]").value).toBe("nowhere"));
  press("Enter", { ctrlKey: true });
  await soon(() =>
    expect(find("[data-field=cwd] [role=alert]").textContent).toBe("There is no such directory."),
  );
  const control = find("[name=cwd]");
  expect(control.getAttribute("aria-invalid")).toBe("true");
  expect(control.getAttribute("aria-describedby")).toBe(find("[role=alert]").id);
  await soon(() => expect(document.activeElement).toBe(control));
  expect(onDone).not.toHaveBeenCalled();
});

test("an error about nothing in the form stands below it", async () => {
  const { find, type, press, draft } = mount(refused("env"));
  type("prompt", "Build it.");
  await soon(() => expect(draft.values.prompt).toBe("Build it."));
  press("Enter", { metaKey: true });
  await soon(() => expect(find("form > [role=alert]").textContent).toBe("There is no such directory."));
});

test("an empty task is told without asking the server", async () => {
  const launch = vi.fn(refused(null));
  const { find, press } = mount(launch);
  press("Enter", { ctrlKey: true });
  await soon(() =>
    expect(find("[data-field=prompt] [role=alert]").textContent).toBe("Tell the agent what to do."),
  );
  expect(launch).not.toHaveBeenCalled();
});

test("the kind can be switched, and what was typed stays when the form goes", async () => {
  const { find, type, press, onCancel, draft } = mount(refused(null), { kind: "command", values: {} });
  type("command", "make");
  await soon(() => expect(draft.values.command).toBe("make"));
  find('[data-kind="agent"] input').click();
  await soon(() => expect(find("[name=prompt]").tagName).toBe("TEXTAREA"));
  expect(find("[data-field=permission]").textContent).toContain("asked here");
  press("Escape");
  expect(onCancel).toHaveBeenCalled();
  expect(draft).toEqual({ kind: "agent", values: { command: "make" } });
});
