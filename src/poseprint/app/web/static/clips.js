// Checked clips: checked again, removed.
import { $, ask, follow, t, trying } from "./app.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.classList.contains("again"))
    trying($("progress"), async () => {
      const { clips, profile, who, at } = button.dataset;
      const question = { clips: clips.split(" "), profiles: [profile], who: who ? Number(who) : null, at: at ? at.split(" ").map(Number) : null };
      const result = await follow(await ask("POST", "/checks", question), $("progress"));
      location.href = `/checks/${result.checks[0].check}`;
    });
  else if (button?.classList.contains("remove") && confirm(t("sure")))
    trying($("progress"), async () => {
      await ask("DELETE", `/checks/${button.dataset.check}`);
      const left = await ask("GET", "/checks");
      const alone = button.dataset.clips.split(" ").filter((id) => !left.some((check) => check.clips.some((clip) => clip.id === id)));
      if (alone.length && confirm(t("film_too"))) for (const id of alone) await ask("DELETE", `/clips/${id}`).catch(() => null);
      button.closest("tr").remove();
    });
});
