// A verdict looked at: the film with what was measured over it, LLRs over time, one clock for all of them.
import { $, ask, element, follow, t, trying } from "./app.js";

const article = $("result");
const id = article.dataset.check;
const clips = article.dataset.clips.split(" ");
const [verdict, replay] = await Promise.all([ask("GET", `/checks/${id}`), ask("GET", `/checks/${id}/replay`)]);
const skeleton = makeSkeleton(replay);
const movements = verdict.movements;
const start = replay.start;
const end = start + replay.frames / replay.fps;
const film = $("film");
const over = $("over");
const layers = new Set([...document.querySelectorAll(".layer")].map((box) => box.value));
let hasFilm = replay.film;
let time = movements.length ? movements[0].start : start;
let playing = false;
let last = 0;

// ---- what is drawn over the film ----

const view = () =>
  hasFilm ? { x: -replay.shift[0], y: -replay.shift[1], width: replay.displayed[0], height: replay.displayed[1] } : skeleton.full;

function drawOver() {
  const frame = skeleton.frameAt(time);
  const context = over.getContext("2d");
  const shown = view();
  if (layers.has("skeleton")) skeleton.drawOn(over, shown, frame);
  else context.clearRect(0, 0, over.width, over.height);
  const ratio = over.width / shown.width;
  context.setTransform(ratio, 0, 0, ratio, -shown.x * ratio, -shown.y * ratio);
  context.globalAlpha = 1;
  if (layers.has("box")) drawBox(context, frame, 2 / ratio);
  if (layers.has("axis")) drawAxis(context, frame, 3 / ratio);
  context.setTransform(1, 0, 0, 1, 0, 0);
}
function drawBox(context, frame, width) {
  const points = replay.keypoints.map((_, k) => skeleton.keypoint(frame, k)).filter((p) => p && p.sure);
  if (points.length < 2) return;
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const margin = 0.15 * Math.max(Math.max(...xs) - x, Math.max(...ys) - y);
  context.strokeStyle = "#ffc400";
  context.lineWidth = width;
  context.strokeRect(x - margin, y - margin, Math.max(...xs) - x + 2 * margin, Math.max(...ys) - y + 2 * margin);
}
// Where the face looks: the third axis of the head's rotation, as the picture shows it (core/rotation.py).
function drawAxis(context, frame, width) {
  const { yaw, pitch, roll, x, y } = Object.fromEntries(Object.entries(replay.head).map(([name, values]) => [name, values[frame]]));
  if (x == null || yaw == null) return;
  const length = (replay.shoulders || replay.size[0] / 5) * 0.8;
  const [across, down] = [Math.sin(yaw), -Math.cos(yaw) * Math.sin(pitch)];
  const [dx, dy] = [across * Math.cos(roll) - down * Math.sin(roll), across * Math.sin(roll) + down * Math.cos(roll)];
  context.strokeStyle = context.fillStyle = "#00c2d1";
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + length * dx, y + length * dy);
  context.stroke();
  context.beginPath();
  context.arc(x + length * dx, y + length * dy, 2 * width, 0, 2 * Math.PI);
  context.fill();
}

// ---- LLRs over time ----

const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(name).trim();
const told = (movement) => ({ ...movement.parts, ...movement.llr });
const KINDS = ["motion", "static", "body", "head", "eyes", "mouth", "body_posture", "head_posture"];
const known = (kind) => movements.some((movement) => told(movement)[kind] != null);
// Two points a movement make a plateau; null where nothing was judged.
function plateaus(kind) {
  const [xs, ys] = [[], []];
  movements.forEach((movement, i) => {
    if (i && movement.start > movements[i - 1].end + 0.1) {
      xs.push(movement.start - 0.05);
      ys.push(null);
    }
    const value = told(movement)[kind] ?? null;
    xs.push(movement.start, movement.end - 0.001);
    ys.push(value, value);
  });
  return [xs, ys];
}
const evidence = verdict.evidence;
const limits = evidence ? [evidence.lower, evidence.upper] : [-2, 2];
const highest = Math.max(...movements.flatMap((m) => Object.values(told(m)).map((v) => Math.abs(v ?? 0))), limits[1], -limits[0], 1);
const highestPart = Math.max(0.5, ...movements.flatMap((m) => KINDS.map((kind) => Math.abs(told(m)[kind] ?? 0))));
const plots = [];
const sync = { key: "time", setSeries: false };
const axis = (size, shown = true) => ({ show: shown, size, stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } });

function rules(u) {
  const { ctx, bbox } = u;
  const rule = (value, dash, ink) => {
    const y = Math.round(u.valToPos(value, "y", true));
    if (y < bbox.top || y > bbox.top + bbox.height) return;
    ctx.strokeStyle = ink;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
  };
  rule(0, [], colour("--ink"));
  if (u.isMain) for (const limit of evidence?.thresholds ?? []) rule(limit, [6, 5], colour("--soft"));
}
// Filled up from zero in one colour and down in another; the side tells as much as the colour does.
const filled = (u) => {
  const zero = u.valToPos(0, "y", true);
  const fill = u.ctx.createLinearGradient(0, u.bbox.top, 0, u.bbox.top + u.bbox.height);
  const share = Math.min(1, Math.max(0, (zero - u.bbox.top) / u.bbox.height));
  for (const [at, name] of [[0, "--real"], [share, "--real"], [share, "--fake"], [1, "--fake"]]) fill.addColorStop(at, `${colour(name)}66`);
  return fill;
};
function plot(place, kind, height, main) {
  const made = new uPlot(
    {
      width: place.clientWidth,
      height,
      padding: [main ? 6 : 16, 6, 0, 0],
      cursor: { sync, drag: { x: false, y: false }, points: { show: false }, y: false },
      legend: { show: false },
      scales: { x: { time: false, range: [start, end] }, y: { range: main ? [-1.1 * highest, 1.1 * highest] : [-1.1 * highestPart, 1.1 * highestPart] } },
      axes: [{ ...axis(main ? 28 : 0, main), values: (_, ticks) => ticks.map(clock) }, { ...axis(52), splits: main ? undefined : () => [0] }],
      series: [{}, { stroke: colour("--ink"), width: main ? 2 : 1, fill: filled, fillTo: 0, points: { show: false }, spanGaps: false }],
      hooks: { draw: [rules] },
    },
    plateaus(kind),
    place,
  );
  made.isMain = main;
  made.ctx.canvas.setAttribute("aria-hidden", "true"); // the tables say the same, and the slider goes to any moment
  made.over.addEventListener("click", (event) => seek(made.posToVal(event.offsetX, "x")));
  plots.push(made);
}
function drawCharts() {
  if (!movements.length) return;
  plot($("main-chart"), "both", 220, true);
  for (const kind of KINDS.filter(known)) {
    const place = element("div", { class: "row-chart" }, element("b", {}, t(`row.${kind}`)));
    $("row-charts").append(place);
    plot(place, kind, 56, false);
  }
  new ResizeObserver(() => {
    for (const each of plots) each.setSize({ width: $("main-chart").clientWidth, height: each.height });
    movePlayhead();
  }).observe($("main-chart"));
}
function movePlayhead() {
  const main = plots[0];
  const x = main ? main.over.offsetLeft + main.valToPos(time, "x") : 0;
  $("playhead").style.transform = `translateX(${x}px)`;
}

// ---- the clock ----

function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}
const movementAt = (at) => movements.findLastIndex((m) => m.start <= at + 1e-3 && at < m.end - 1e-3);
let shownMovement = -2;
function show() {
  $("slider").value = time;
  $("slider").setAttribute("aria-valuetext", clock(time));
  $("clock").textContent = `${clock(time)} / ${clock(end)}`;
  movePlayhead();
  drawOver();
  const movement = movementAt(time);
  if (movement !== shownMovement) tell((shownMovement = movement));
}
function seek(at) {
  time = Math.max(start, Math.min(at, end - 1 / replay.fps));
  if (hasFilm) film.currentTime = time - start + 0.5 / replay.fps;
  show();
}
function play(on) {
  playing = on;
  $("play").setAttribute("aria-pressed", on);
  $("play").textContent = t(on ? "pause" : "play");
  $("moment-section").setAttribute("aria-live", on ? "off" : "polite");
  if (!on) return hasFilm && film.pause();
  if (time >= end - 2 / replay.fps) seek(start);
  if (hasFilm) {
    film.playbackRate = Number($("speed").value);
    film.play().catch(() => play(false));
  } else {
    last = performance.now();
    requestAnimationFrame(tick);
  }
}
// The film leads: each picture that the browser shows tells which one it is.
function pictured(_, told) {
  if (playing) {
    time = Math.max(start, Math.min(start + told.mediaTime, end)); // else the moment that was asked for stays
    show();
  }
  film.requestVideoFrameCallback(pictured);
}
function tick(now) {
  if (!playing || hasFilm) return;
  time += ((now - last) / 1000) * Number($("speed").value);
  last = now;
  if (time >= end) {
    time = end - 1 / replay.fps;
    play(false);
  }
  show();
  requestAnimationFrame(tick);
}

// ---- a moment ----

const range = (d) => {
  const [low, high] = [Math.min(d.low, d.value), Math.max(d.high, d.value)];
  const margin = 0.12 * (high - low) || 1;
  const x = (value) => (100 * (value - low + margin)) / (high - low + 2 * margin);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "span");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML = `<rect class="rest" width="100%" height="100%"/><rect class="own" x="${x(d.low)}%" width="${x(d.high) - x(d.low)}%" height="100%"/><line class="here" x1="${x(d.value)}%" x2="${x(d.value)}%" y1="0" y2="100%"/>`;
  return svg;
};
const number = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
function tell(i) {
  const movement = movements[i];
  $("moment-when").textContent = movement ? `${clock(movement.start)}–${clock(movement.end)}` : clock(time);
  if (!movement) return $("departures").replaceChildren(element("p", {}, t("unused")));
  if (!movement.departures.length) return $("departures").replaceChildren(element("p", {}, t("nothing")));
  const head = element("tr", {}, ...["what", "own", "here", "deviations"].map((key) => element("th", { scope: "col" }, t(key))));
  const rows = movement.departures.map((d) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, d.words),
      element("td", { class: "own-range" }, `${number(d.low)} – ${number(d.high)} ${d.unit}`, range(d)),
      element("td", { class: "here-value" }, number(d.value)),
      element("td", { class: "deviations" }, (d.deviations > 0 ? "+" : "−") + Math.abs(d.deviations).toFixed(1)),
    ),
  );
  return $("departures").replaceChildren(element("table", { class: "departures" }, element("thead", {}, head), element("tbody", {}, ...rows)));
}

// ---- most and least alike ----

const loops = [];
function addLoops() {
  for (const [kind, places] of [["typical", evidence?.typical ?? []], ["untypical", evidence?.untypical ?? []]])
    for (const i of places.slice(0, 2)) {
      const { start: from, end: to } = movements[i];
      const canvas = element("canvas", { width: 320, height: Math.round((320 * replay.size[1]) / replay.size[0]), "aria-hidden": "true" });
      const [first, behind] = [skeleton.frameAt(from), skeleton.frameAt(to - 0.5 / replay.fps) + 1];
      loops.push({ canvas, first, behind, view: skeleton.closeUp(first, behind), seen: false });
      const llr = (told(movements[i]).both ?? 0).toFixed(2).replace("-", "−");
      $("loops").append(element("figure", {}, canvas, element("button", { type: "button", onclick: () => seek(from) }, `${t(kind)}: ${clock(from)}–${clock(to)}, LLR ${llr}`)));
    }
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) loops.find((loop) => loop.canvas === entry.target).seen = entry.isIntersecting;
  });
  for (const loop of loops) watcher.observe(loop.canvas);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let drawn = -1;
  const turn = (now) => {
    const gone = still ? 0 : Math.floor((now / 1000) * replay.fps);
    if (gone !== drawn)
      for (const loop of loops) if (loop.seen) skeleton.drawOn(loop.canvas, loop.view, loop.first + (gone % (loop.behind - loop.first)));
    drawn = gone;
    requestAnimationFrame(turn);
  };
  for (const loop of loops) skeleton.drawOn(loop.canvas, loop.view, loop.first);
  if (loops.length) requestAnimationFrame(turn);
}

// ---- other people in the clip ----

function addCast() {
  const people = replay.people ?? [];
  if (people.length < 2 || clips.length > 1) return;
  $("cast-section").hidden = false;
  for (const person of people) {
    const [x, y] = person.there;
    const side = 3.2 * person.size;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `${x - side / 2} ${y - 0.45 * side} ${side} ${side}`);
    const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
    image.setAttribute("href", `/api/v1/clips/${clips[0]}/picture?time=${person.clearest}`);
    image.setAttribute("width", replay.size[0]);
    image.setAttribute("height", replay.size[1]);
    svg.append(image);
    const choose = () =>
      trying($("progress"), async () => {
        const question = { clips, profiles: [article.dataset.profile], who: person.number };
        const result = await follow(await ask("POST", "/checks", question), $("progress"));
        location.href = `/checks/${result.checks[0].check}`;
      });
    const current = person.number === replay.who;
    $("people").append(element("button", { type: "button", "aria-current": current, onclick: choose }, svg, element("span", {}, `${t("person", { number: person.number })} · ${person.seconds.toFixed(0)} s`)));
  }
}

// ---- taken away ----

async function copyText() {
  const text = await (await fetch(`/api/v1/checks/${id}/text?language=${document.documentElement.lang}`)).text();
  try {
    await navigator.clipboard.writeText(text);
    $("told").textContent = t("copied");
  } catch {
    const area = element("textarea", { rows: 12, readonly: true });
    area.value = text;
    $("told").replaceChildren(area); // a browser that lets no page write to the clipboard
    area.select();
  }
}
// The charts with the words that they need to stand alone.
function saveChart() {
  const ratio = devicePixelRatio || 1;
  const canvases = plots.map((each) => each.ctx.canvas);
  const width = Math.max(...canvases.map((c) => c.width), 640);
  const lines = [document.querySelector(".about").textContent, $("headline").innerText.replace(/\s+/g, " "), document.querySelector("p.number").textContent];
  const canvas = element("canvas");
  const context = canvas.getContext("2d");
  const font = `${14 * ratio}px system-ui, sans-serif`;
  context.font = font;
  const wrapped = lines.flatMap((line) => wrap(context, line, width - 40 * ratio));
  canvas.width = width;
  canvas.height = canvases.reduce((sum, c) => sum + c.height, 0) + (wrapped.length + 2) * 20 * ratio;
  context.fillStyle = colour("--page");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = font;
  context.fillStyle = colour("--ink");
  wrapped.forEach((line, i) => context.fillText(line, 20 * ratio, (i + 1.2) * 20 * ratio));
  let y = (wrapped.length + 1) * 20 * ratio;
  canvases.forEach((chart, i) => {
    context.drawImage(chart, 0, y);
    if (i) context.fillText(t(`row.${KINDS.filter(known)[i - 1]}`), 70 * ratio, y + 12 * ratio);
    y += chart.height;
  });
  canvas.toBlob((blob) => {
    const link = element("a", { href: URL.createObjectURL(blob), download: `${id}.png` });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
function wrap(context, text, width) {
  const lines = [""];
  for (const word of text.trim().split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (context.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

// ---- hands on ----

$("play").addEventListener("click", () => play(!playing));
$("slider").min = start;
$("slider").max = end;
$("slider").step = 1 / replay.fps;
$("slider").addEventListener("input", (event) => seek(Number(event.target.value)));
$("speed").addEventListener("change", () => (film.playbackRate = Number($("speed").value)));
$("sound").addEventListener("change", (event) => (film.muted = !event.target.checked));
for (const box of document.querySelectorAll(".layer"))
  box.addEventListener("change", () => {
    if (box.checked) layers.add(box.value);
    else layers.delete(box.value);
    drawOver();
  });
$("player").addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (["SELECT", "INPUT"].includes(event.target.tagName) || event.altKey || event.ctrlKey || event.metaKey) return;
  if (step) seek(time + (step * (event.shiftKey ? replay.fps : 1)) / replay.fps);
  else if (event.key === " " && event.target.tagName !== "BUTTON") play(!playing);
  else return;
  event.preventDefault();
});
for (const button of document.querySelectorAll(".seek")) {
  const at = start + Number(button.dataset.time);
  button.textContent = clock(at);
  button.addEventListener("click", () => seek(at));
}
$("copy").addEventListener("click", copyText);
$("save-chart").addEventListener("click", saveChart);

function alone() {
  hasFilm = false;
  $("stage").classList.add("alone");
  fit();
}
function fit() {
  const width = Math.min(2400, Math.round(over.clientWidth * (devicePixelRatio || 1)));
  if (!width) return;
  const { width: wide, height: high } = view();
  over.width = width;
  over.height = Math.round((width * high) / wide);
  drawOver();
}
if (hasFilm) {
  const sources = ["film", "watchable"].slice(replay.own_clock ? 1 : 0).map((name) => `/api/v1/clips/${clips[0]}/${name}`);
  film.addEventListener("error", () => {
    sources.shift();
    if (sources.length) film.src = sources[0];
    else {
      alone();
      $("told").textContent = t("no_film");
    }
  });
  film.addEventListener("loadeddata", () => {
    if (film.src.endsWith("/watchable")) [replay.shift, replay.displayed] = [[0, 0], replay.size]; // that copy has no bars
    fit();
    seek(time);
  });
  film.addEventListener("ended", () => play(false));
  film.addEventListener("pause", () => playing && !film.ended && play(false));
  film.requestVideoFrameCallback(pictured);
  film.src = sources[0];
} else alone();
new ResizeObserver(fit).observe($("stage"));
skeleton.readColours();
drawCharts();
addLoops();
addCast();
seek(time);
article.dataset.ready = "true";
