// Cases: begun, checks put into them, notes written, verified.
import { $, ask, element, follow, t, trying } from "./app.js";

const put = (name, check) =>
  trying($("progress"), async () => {
    await follow(await ask("POST", `/cases/${name}/checks`, { check }), $("progress"));
    location.href = `/cases/${name}`;
  });
for (const button of document.querySelectorAll(".put")) button.addEventListener("click", () => put(button.dataset.case, button.dataset.check));
$("new-case")?.addEventListener("submit", (event) => {
  event.preventDefault();
  trying($("progress"), async () => {
    const made = await ask("POST", "/cases", { question: $("question").value });
    if (event.target.dataset.check) await put(made.id, event.target.dataset.check);
    else location.href = `/cases/${made.id}`;
  });
});
const name = $("case")?.dataset.case;
$("note")?.addEventListener("submit", (event) => {
  event.preventDefault();
  trying($("verified"), async () => {
    await ask("POST", `/cases/${name}/notes`, { text: $("note-text").value, by: $("note-by").value });
    location.reload();
  });
});
$("verify")?.addEventListener("click", () =>
  trying($("verified"), async () => {
    const found = await ask("GET", `/cases/${name}/verification`);
    const lines = found.problems.map((line) => element("li", {}, line));
    $("verified").replaceChildren(
      element("p", { class: lines.length ? "caution" : "caution plain" }, t(lines.length ? "changed" : "unchanged")),
      ...(lines.length ? [element("ul", { lang: "en" }, ...lines)] : []),
    );
  }),
);
