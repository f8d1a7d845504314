"""The section on the page of docs/results.md, from benchmarks/results/page.json; called by write_docs.py."""

from __future__ import annotations

from pages import result


def section() -> str:
    """How fast the page is, and how it stands an attack."""
    r = result("page")
    scrub, attack = r["scrubbing"], r["attacked"]
    answers = attack["uploads_at_once"]
    taken, refused = answers.get("201", 0), answers.get("429", 0)
    seconds = ", ".join(f"{c:.1f} and {p:.1f}" for c, p in zip(r["command_seconds"], r["page_seconds"], strict=True))
    return (
        "## The page\n\n"
        f"`python benchmarks/page.py --pairs {r['pairs']}`, Chromium without a screen and the server on one machine of two cores, nothing kept of what was measured.\n\n"
        f"- A drawn film of a minute at 1280 x 720, from the drop to the verdict on the screen, against `poseprint check` as a process of its own: {r['ratio']:.2f} times as long "
        f"(median of {r['pairs']} pairs; {seconds} s). After the click the first progress came within {r['first_progress_seconds']:.2f} s.\n"
        f"- The verdict's page of ten minutes, the slider pulled through it while the page scrolls, {scrub['frames']} frames: the longest took {scrub['longest_frame_ms']:.0f} ms, "
        f"{scrub['frames_over_50_ms']} over 50 ms"
        + (
            f"; the longest pause of the main thread was {scrub['longest_pause_ms']} ms.\n"
            if scrub["longest_pause_ms"]
            else "; no pause of the main thread reached 50 ms.\n"
        )
        + f"- A promise of 5 GB is refused ({attack['promise_of_5_gb']['status']}) after {1000 * attack['promise_of_5_gb']['seconds']:.0f} ms, before any of it is read. Of 200 uploads of 8 MB at once "
        f"{taken} were taken and {refused} sent away to come back later (429); the server's memory went from {attack['memory_before_mb']} to {attack['most_memory_mb']} MB at most.\n"
    )
