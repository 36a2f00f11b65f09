// about: Two single bars of cli-progress one after the other, of which the second is erased at its end.
// npm: cli-progress
import { setTimeout as sleep } from "node:timers/promises";
import progress from "cli-progress";

const bar = new progress.SingleBar({}, progress.Presets.shades_classic);
bar.start(40, 0);
for (let done = 1; done <= 40; done += 1) {
  await sleep(40);
  bar.update(done);
}
bar.stop();
const second = new progress.SingleBar(
  { clearOnComplete: true, format: "encoding {bar} {percentage}% | {value}/{total} files" },
  progress.Presets.rect,
);
second.start(25, 0);
for (let done = 1; done <= 25; done += 1) {
  await sleep(30);
  second.update(done);
}
second.stop();
console.log("25 files encoded");
