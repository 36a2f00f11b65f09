// about: A multibar of cli-progress with three bars and lines logged above them.
// npm: cli-progress
import { setTimeout as sleep } from "node:timers/promises";
import progress from "cli-progress";

const bars = new progress.MultiBar(
  { format: "{file} [{bar}] {percentage}% | {value}/{total}", hideCursor: true, forceRedraw: true },
  progress.Presets.legacy,
);
const files = [
  ["january.csv", 30],
  ["february.csv", 20],
  ["march.csv", 25],
].map(([file, total]) => ({ bar: bars.create(total, 0, { file }), total, file }));
for (let step = 1; step <= 30; step += 1) {
  await sleep(60);
  for (const { bar, total, file } of files) {
    if (step < total) bar.increment();
    if (step === total) {
      bar.update(total);
      bars.log(`${file} is loaded\n`);
    }
  }
}
await sleep(200);
bars.stop();
console.log("all loaded");
