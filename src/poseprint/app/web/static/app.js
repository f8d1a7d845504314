// What every page needs: texts, requests, films handed over, jobs followed.
export const $ = (id) => document.getElementById(id);
const texts = JSON.parse($("words").textContent);
export const t = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  made.append(...children);
  return made;
}

// An answer as json; an error as an Error that says what the server said.
export async function ask(method, path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const said = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(said?.detail || answer.statusText);
  return said;
}

// Hand a file over; `told` is called with the percentage. XMLHttpRequest, because fetch does not tell how far it is.
export function handOver(file, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/clips?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && told(Math.round((100 * event.loaded) / event.total)));
    request.addEventListener("error", () => reject(new Error(file.name)));
    request.addEventListener("load", () => {
      let said = null;
      try {
        said = JSON.parse(request.responseText);
      } catch {
        said = { detail: request.statusText };
      }
      if (request.status === 201) resolve(said);
      else reject(new Error(said.detail));
    });
    request.send(file);
  });
}

// Show how a job goes on in `place`, and resolve with its result once it is done.
export function follow(job, place) {
  return new Promise((resolve) => {
    const bar = element("progress", { max: 1, "aria-label": t("progress") });
    const words = element("span", { "aria-live": "off" }, t("begun")); // the bar tells how far it is
    const cancel = element("button", { type: "button", class: "cancel", onclick: () => ask("DELETE", `/jobs/${job.id}`) }, t("cancel"));
    place.replaceChildren(element("div", { class: "job own" }, words, bar, cancel));
    const events = new EventSource(`/api/v1/jobs/${job.id}/events`);
    events.addEventListener("message", (event) => {
      const now = JSON.parse(event.data);
      if (now.state === "running" && now.total) {
        bar.value = now.done / now.total;
        const left = now.seconds_left == null ? "" : `, ${t("left", { seconds: Math.round(now.seconds_left) })}`;
        words.textContent = t("working", { step: now.step, percent: Math.floor((100 * now.done) / now.total) }) + left;
      } else if (now.state === "running") words.textContent = now.step || t("begun");
      if (!["done", "failed", "cancelled"].includes(now.state)) return;
      events.close();
      if (now.state === "done") return resolve(now.result);
      const said = now.state === "cancelled" ? t("cancelled") : t("failed", { error: now.error });
      const again = element("button", { type: "button", class: "resume" }, t(now.state === "cancelled" ? "resume" : "again"));
      again.addEventListener("click", async () => resolve(await follow(await ask("POST", `/jobs/${job.id}/resume`), place)));
      place.replaceChildren(element("p", { class: now.state === "failed" ? "caution" : "" }, `${said} `, again));
    });
  });
}

// Whatever goes wrong in `work` is said in `place`.
export async function trying(place, work) {
  try {
    return await work();
  } catch (error) {
    place.replaceChildren(element("p", { class: "caution" }, error.message));
    return undefined;
  }
}

// Files dropped on a label, or chosen with its input.
export function takeFiles(drop, input, take) {
  for (const name of ["dragenter", "dragover"])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  input.addEventListener("change", () => take([...input.files]));
}
// A file dropped beside the field would make the browser leave the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
