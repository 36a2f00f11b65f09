// about: Three tasks of listr2 at once, with output below one and subtasks below another.
// npm: listr2
import { setTimeout as sleep } from "node:timers/promises";
import { Listr } from "listr2";

await new Listr(
  [
    { title: "Lint", task: () => sleep(500) },
    {
      title: "Build",
      task: async (_context, task) => {
        for (let done = 1; done <= 15; done += 1) {
          await sleep(60);
          task.output = `compiled src/part${done}.ts`;
        }
      },
    },
    {
      title: "Test",
      task: (_context, task) =>
        task.newListr([
          { title: "Unit", task: () => sleep(700) },
          { title: "Browser", task: () => sleep(300) },
        ]),
    },
  ],
  { concurrent: true },
).run();
console.log("all tasks passed");
