// A new check: a clip, the person in it, and whom it claims to show.
import { $, ask, element, follow, handOver, t, takeFiles, trying } from "./app.js";

const form = $("question");
let clip = form.dataset.clip;
let at = null;
let looked = 0;

const ready = () => ($("start").disabled = !clip || !form.querySelector("[name=profile]:checked"));

async function taken(known) {
  clip = known.id;
  at = null;
  $("arriving").textContent = t("arrived", { name: known.name });
  ready();
  await look(0);
}

// Show a picture of the clip, with a box on everybody in it.
async function look(time) {
  const mine = ++looked;
  $("found").replaceChildren(t("looking"));
  $("choose").hidden = false;
  let seen;
  try {
    seen = await ask("GET", `/clips/${clip}/people?time=${time}`);
  } catch {
    if (mine !== looked) return;
    $("choose").hidden = true; // poses have no picture: they are of one person
    return;
  }
  if (mine !== looked) return;
  const [width, height] = seen.size;
  $("picture").src = `/api/v1/clips/${clip}/picture?time=${time}`;
  $("when").max = Math.max(0, seen.duration - 0.1).toFixed(1);
  $("boxes").setAttribute("viewBox", `0 0 ${width} ${height}`);
  $("boxes").replaceChildren();
  const choices = [choice(t("unchosen"), null, at === null)];
  seen.people.forEach((person, i) => {
    const place = [person.x, person.y, seen.time];
    const [left, top, right, bottom] = person.box;
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) box.setAttribute(name, value);
    const label = t("person", { number: i + 1 });
    const option = choice(label, place, false);
    box.addEventListener("click", () => option.querySelector("input").click());
    option.addEventListener("change", () => mark(box));
    $("boxes").append(box);
    choices.push(option);
  });
  choices[0].addEventListener("change", () => mark(null));
  $("found").replaceChildren(...choices, ...(seen.people.length ? [] : [t("nobody")]));
}
function choice(label, place, checked) {
  const input = element("input", { type: "radio", name: "who", checked });
  input.addEventListener("change", () => (at = place));
  return element("label", {}, input, ` ${label}`);
}
const mark = (chosen) => $("boxes").querySelectorAll("rect").forEach((box) => box.classList.toggle("chosen", box === chosen));

// Until the newest clip is here there is none: the one before must not be judged in its name.
let arrival = 0;
async function arrive(handing) {
  const mine = ++arrival;
  clip = "";
  looked++;
  $("choose").hidden = true;
  ready();
  await trying($("arriving"), async () => {
    const known = await handing();
    if (mine === arrival) await taken(known);
  });
}
function take([file]) {
  if (file) arrive(() => handOver(file, (percent) => ($("arriving").textContent = t("arriving", { name: file.name, percent }))));
}

takeFiles($("drop"), $("file"), take);
$("take-path")?.addEventListener("click", () => arrive(() => ask("POST", "/clips/paths", { path: $("path").value })));
$("when").addEventListener("input", () => ($("when-told").textContent = Number($("when").value).toFixed(1)));
$("when").addEventListener("change", () => look(Number($("when").value)));
form.addEventListener("change", ready);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const profiles = [...form.querySelectorAll("[name=profile]:checked")].map((box) => box.value);
  trying($("progress"), async () => {
    $("start").disabled = true;
    try {
      const result = await follow(await ask("POST", "/checks", { clips: [clip], profiles, at }), $("progress"));
      location.href = `/checks/${result.checks[0].check}`;
    } finally {
      ready();
    }
  });
});
if (clip) taken({ id: clip, name: form.dataset.name });
