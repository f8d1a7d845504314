// A running verdict: one event a reading, from a thread that ends when this page is left.
import { $, element, t } from "./app.js";

let events = null;
const [xs, ys] = [[], []];
let plot = null;
const signed = (value) => (value == null ? "–" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2));

function draw(now) {
  xs.push(now.watched);
  ys.push(now.llr.both ?? null);
  const place = $("live-chart");
  if (!plot) {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line") } };
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: 220,
        legend: { show: false },
        scales: { x: { time: false }, y: { range: [-3, 3] } },
        axes: [axis, axis],
        series: [{}, { stroke: colour("--ink"), width: 2, spanGaps: true }],
      },
      [xs, ys],
      place,
    );
    plot.ctx.canvas.setAttribute("aria-hidden", "true"); // the figures above say the same
  } else plot.setData([xs, ys]);
}
function told(now) {
  if (now.error) {
    $("failed").textContent = now.error;
    return stop();
  }
  $("reading").hidden = false;
  $("decision").textContent = t(now.decision);
  $("decision").className = `badge ${now.decision}`;
  $("llr").textContent = signed(now.llr.both);
  $("needed").textContent = now.needed == null ? now.outlook : now.needed > 0 ? t("needed", { seconds: Math.ceil(now.needed) }) : "";
  $("bounds").textContent = now.lower == null ? "" : t("bounds", { lower: signed(now.lower), upper: signed(now.upper), low: signed(now.thresholds[0]), high: signed(now.thresholds[1]), seconds: Math.round(now.usable), rate: now.rate });
  for (const happening of now.events) {
    $("events").prepend(element("li", { lang: "en" }, `${happening.seconds.toFixed(1)} s: ${happening.words}`));
    while ($("events").children.length > 50) $("events").lastChild.remove();
  }
  draw(now);
  if (now.final) stop();
}
for (const own of document.querySelectorAll("#watch .choices input:not([type=radio])"))
  own.addEventListener("focus", () => (own.parentElement.querySelector("[type=radio]").checked = true));
function stop() {
  events?.close();
  events = null;
  $("end").hidden = true;
  $("begin").disabled = false;
}
$("watch")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const kind = document.querySelector("[name=source]:checked").value;
  const asked = new URLSearchParams({ profile: $("profile").value, [kind]: $(kind).value });
  [xs.length, ys.length, $("failed").textContent] = [0, 0, ""];
  $("events").replaceChildren();
  $("begin").disabled = true;
  $("end").hidden = false;
  events = new EventSource(`/api/v1/live?${asked}`);
  events.addEventListener("message", (message) => told(JSON.parse(message.data)));
  events.addEventListener("error", async () => {
    stop(); // the server refused, or is gone; a question that opens nothing says why
    const answer = await fetch(`/api/v1/live?${asked}&refused=true`).catch(() => null);
    if (answer && !answer.ok) $("failed").textContent = (await answer.json()).detail;
  });
});
$("end")?.addEventListener("click", stop);
