/** What the benchmarks ask of the page: the widget as anywidget mounts it, and a plain output as a notebook shows it. */
import widget from "./widget.js";

const place = document.getElementById("place");
let unmount = () => {};

const COLORS = ["#000", "#e75c58", "#00a250", "#ddb62b", "#208ffb", "#d160c4", "#60c6c8", "#c5c1b4"];

/** Resolves once what now stands in the page was painted. */
const painted = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now());
      port2.postMessage(null);
    });
  });

function appears(selector) {
  return new Promise((resolve) => {
    const look = () => document.querySelector(selector) && (observer.disconnect(), resolve());
    const observer = new MutationObserver(look);
    observer.observe(place, { childList: true, subtree: true });
    look();
  });
}

/** Mounts the widget of a build; how long until its header was painted, and its log's last line, ms. */
async function mount(build, database, lines) {
  const began = performance.now();
  const values = { build_id: build, database };
  const nothing = () => {};
  const model = { get: (name) => values[name], on: nothing, off: nothing, send: nothing };
  unmount = widget().render({ model, el: place });
  await appears(".bw-header:not(.bw-opening)");
  const header = (await painted()) - began;
  await appears(lines > 0 ? `[data-line="${lines}"]` : ".bw-header");
  return { header, whole: (await painted()) - began };
}

/** SGR colours as spans, which is what JupyterLab makes of them, but without its checks and link detection. */
function toMarkup(text) {
  const safe = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return safe.replace(/\u001b\[3(\d)m(.*?)\u001b\[0m/g, (_, color, inner) => {
    return `<span style="color:${COLORS[color]}">${inner}</span>`;
  });
}

/** The same lines as a saved output of a notebook, fetched as Lab fetches it; how long until they were painted, ms. */
async function mountOutput(notebook) {
  const began = performance.now();
  const answer = await fetch(`/api/contents/${notebook}?content=1`);
  const { content } = await answer.json();
  const pre = document.createElement("pre");
  pre.innerHTML = toMarkup(content.cells[0].outputs[0].text);
  place.append(pre);
  unmount = () => pre.remove();
  return { whole: (await painted()) - began };
}

/** Appends so many lines in so many batches a second to a plain output, until `stop()`. */
function pour(lines, batches) {
  const pre = document.createElement("pre");
  pre.style.cssText = "height: 300px; overflow: auto; margin: 0";
  place.append(pre);
  let count = 0;
  const timer = setInterval(() => {
    const text = Array.from({ length: lines / batches }, () => line((count += 1)));
    pre.insertAdjacentHTML("beforeend", toMarkup(text.join("\n") + "\n"));
    pre.scrollTop = pre.scrollHeight;
  }, 1000 / batches);
  unmount = () => {
    clearInterval(timer);
    pre.remove();
  };
}

/** The same line as tests/bench/browser_log.py writes. */
function line(number) {
  return `\u001b[32mok\u001b[0m ${number} step ${number % 977} of 977: loss=${(1 / number).toFixed(6)} at 812.4 it/s`;
}

let frames = [];
let watching = 0;

function watchFrames() {
  frames = [];
  watching += 1;
  const round = watching;
  const tick = (now) => {
    if (round !== watching) return;
    frames.push(now);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

/** How long each frame since `watchFrames()` took, ms. */
function seenFrames() {
  watching += 1;
  return frames.slice(1).map((time, index) => time - frames[index]);
}

globalThis.bench = {
  mount,
  mountOutput,
  pour,
  unmount: () => unmount(),
  watchFrames,
  seenFrames,
  last: () => Number(document.querySelector("[data-testid=log]")?.dataset.last ?? 0),
};
