// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, expect, test } from "vitest";
import type { Summary } from "../protocol/types.gen";
import { settled } from "../testing/fake-clock";
import { summary } from "../testing/summary";
import { BuildRow } from "./build-row";
import type { PanelHost } from "./host";

const list = document.createElement("div");

afterEach(() => {
  render(null, list);
  list.remove();
});

/** The row of a build whose deletion fails as long as there are reasons for it. */
function mount(...reasons: string[]) {
  const removed: string[] = [];
  const remove = async () => {
    const reason = reasons.shift();
    if (reason !== undefined) throw new Error(reason);
  };
  const host = { server: { actions: () => ({ remove }) } } as unknown as PanelHost;
  const onRemoved = (id: string) => removed.push(id);
  const draw = (build: Summary) =>
    render(<BuildRow host={host} build={build} reachable onOpen={() => {}} onRemoved={onRemoved} />, list);
  document.body.append(list);
  draw(summary("a"));
  const find = (selector: string) => list.querySelector<HTMLElement>(selector) as HTMLElement;
  const press = async (selector: string, key: string) => {
    find(selector).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await settled();
  };
  const click = async (selector: string) => {
    find(selector).click();
    await settled();
  };
  return { removed, draw, find, press, click };
}

test("the question has the focus as soon as it is drawn, and Escape is told to nobody else", async () => {
  const { find, press } = mount();
  const heard: string[] = [];
  const listen = ({ key }: KeyboardEvent) => heard.push(key);
  list.addEventListener("keydown", listen);
  await press(".bw-build-main", "Delete");
  expect(document.activeElement).toBe(find("[data-action=keep]"));
  await press("[data-action=keep]", "Escape");
  list.removeEventListener("keydown", listen);
  expect(find("[role=alertdialog]")).toBeNull();
  expect(document.activeElement).toBe(find("[data-action=build-menu]"));
  expect(heard).toEqual(["Delete"]);
});

test("a row that is drawn anew leaves the focus where the reader put it", async () => {
  const { draw, find, press } = mount();
  await press(".bw-build-main", "Delete");
  find("[data-action=confirm-delete]").focus();
  draw(summary("a", { head: 2 }));
  await settled();
  expect(document.activeElement).toBe(find("[data-action=confirm-delete]"));
});

test("a build that could not be deleted can be deleted once more", async () => {
  const { removed, find, press, click } = mount("The database is locked.");
  await press(".bw-build-main", "Delete");
  await click("[data-action=confirm-delete]");
  expect(find("[role=alert]").textContent).toBe("The database is locked.");
  expect(find("[data-action=confirm-delete]").textContent).toBe("Delete");
  expect(removed).toEqual([]);
  await click("[data-action=confirm-delete]");
  expect(removed).toEqual(["a"]);
});
