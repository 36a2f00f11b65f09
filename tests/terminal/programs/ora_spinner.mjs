// about: Two spinners of ora, of which the second counts in its text and fails.
// npm: ora
import { setTimeout as sleep } from "node:timers/promises";
import ora from "ora";

const resolving = ora("Resolving packages").start();
await sleep(700);
resolving.succeed("Resolved 12 packages");
const copying = ora({ text: "Copying files 0/30", spinner: "dots" }).start();
for (let done = 1; done <= 22; done += 1) {
  await sleep(40);
  copying.text = `Copying files ${done}/30`;
}
copying.fail("Copying failed: no space");
