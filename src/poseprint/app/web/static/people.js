// People: enrolled, added to, renamed, deleted; and what more footage would bring.
import { $, ask, element, follow, handOver, t, takeFiles, trying } from "./app.js";

const form = $("footage");
const clips = [];

async function take(files) {
  for (const file of files) {
    const line = element("li", {});
    $("arrived").append(line);
    await trying(line, async () => {
      const clip = await handOver(file, (percent) => (line.textContent = t("arriving", { name: file.name, percent })));
      line.textContent = t("arrived", { name: clip.name });
      clips.push(clip.id);
    });
  }
}
let arriving = Promise.resolve();
if (form) {
  takeFiles($("drop"), $("file"), (files) => (arriving = arriving.then(() => take(files))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trying($("progress"), async () => {
      await arriving;
      const body = { clips, session: $("session").value, ...($("person") ? { person: $("person").value } : {}) };
      const result = await follow(await ask("POST", form.dataset.url.replace("/api/v1", ""), body), $("progress"));
      location.href = `/people/${result.profile}`;
    });
  });
}
$("rename")?.addEventListener("submit", (event) => {
  event.preventDefault();
  trying($("progress"), async () => {
    await ask("PATCH", `/profiles/${event.target.dataset.profile}`, { person: $("new-name").value });
    location.reload();
  });
});
$("delete")?.addEventListener("click", (event) => {
  if (!confirm(t("sure"))) return;
  trying(event.target.parentElement, async () => {
    await ask("DELETE", `/profiles/${event.target.dataset.profile}`);
    location.href = "/people";
  });
});
for (const button of document.querySelectorAll(".forget"))
  button.addEventListener("click", () => {
    if (!confirm(t("sure"))) return;
    trying($("progress"), async () => {
      const name = encodeURIComponent(button.dataset.recording);
      await follow(await ask("DELETE", `/profiles/${$("delete").dataset.profile}/recordings/${name}`), $("progress"));
      location.reload();
    });
  });

function drawCurve() {
  const { rows, here } = JSON.parse($("curve").textContent);
  const enrolled = [...new Set(rows.map((row) => row.enrolled))].sort((a, b) => a - b);
  const lengths = [...new Set(rows.map((row) => row.seconds))];
  const share = (seconds, n) => 100 * rows.find((row) => row.seconds === seconds && row.enrolled === n).genuine_consistent;
  const style = getComputedStyle(document.documentElement);
  const colours = ["--left", "--right"].map((name) => style.getPropertyValue(name).trim());
  const ink = style.getPropertyValue("--soft").trim();
  const axis = { stroke: ink, grid: { stroke: style.getPropertyValue("--line").trim() } };
  const place = $("curve-chart");
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: 300,
      scales: { x: { time: false, range: [0, Math.max(...enrolled, here) + 1] }, y: { range: [0, 100] } },
      series: [
        { label: t("enrolled") },
        ...lengths.map((seconds, i) => ({ label: t("clips_of", { seconds }), stroke: colours[i], width: 2, dash: i ? [6, 4] : undefined, points: { show: true } })),
      ],
      axes: [{ ...axis, label: t("enrolled"), incrs: [1, 2, 5, 10, 50, 100] }, { ...axis, label: t("share") }],
      hooks: {
        draw: [
          (u) => {
            const x = u.valToPos(here, "x", true);
            u.ctx.strokeStyle = ink;
            u.ctx.setLineDash([3, 3]);
            u.ctx.beginPath();
            u.ctx.moveTo(x, u.bbox.top);
            u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
            u.ctx.stroke();
            u.ctx.setLineDash([]);
          },
        ],
      },
    },
    [enrolled, ...lengths.map((seconds) => enrolled.map((n) => share(seconds, n)))],
    place,
  );
  plot.ctx.canvas.setAttribute("aria-hidden", "true"); // the table below says the same
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 300 })).observe(place);
}
if ($("curve")) addEventListener("load", drawCurve);
