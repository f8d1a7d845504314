"""docs/scale.md, from benchmarks/results/scale.json, scale_times.json and scale_check.json; called by write_docs.py."""

from __future__ import annotations

from pages import RESULTS, result, table
from scale_figures import SHOWN, Row, rows_with

TODAY = {
    "as it is": "",
    "shares by name": "yes",
    "shares by size": "yes",
    "shares, no first look": "yes: and `--everything`",
    "index on workers": "to build: pieces of the index of takes on workers",
    "index probed": "to build: an index of which a look-up reads a hundredth (assumed; what it would miss is not known)",
    "no index": "yes: `--no-takes`; copies of takes are then judged again",
    "no index, results at once": "to build: a driver that takes all results that have come before it waits again, and removes a clip's files by their names",
    "no index, parts of 2,000": "to build: `PART` in `store.py`",
    "no index, tables alone": "to build: what is done kept in tables, not a file a clip; a kill then costs up to a part",
    "no index, poses in the store": "to build: workers write poses to the store themselves",
    "no index, ranges read": "to build: of a long film in a store each worker reads the bytes of its part",
    "no index, chunks all at once": "to build: a long film's parts begun together, not 16 by 16",
    "no index, no chunks": "to build, and worth nothing: long films in one piece",
    "no index, cleaned once": "yes, since the times were measured: poses are gated, cleaned and cut once for all profiles",
    "small ones, shares": "to build: results at once, ranges read, chunks all at once, cleaned once; and shares",
    "all, one driver": "to build: those, tables alone, poses in the store, index probed",
    "all, one driver, no index": "to build: the same without an index",
    "all, shares": "to build: those of `all, one driver`; and shares",
}


def page(generated: str) -> str:
    """The page."""
    r, times = result("scale"), result("scale_times")
    return (
        "# A scan that grows\n\n"
        + generated
        + _summary(r)
        + _cost(r)
        + _limits(r)
        + _remedies(r)
        + _today(r)
        + _profiles(r)
        + _measured(r, times)
        + _assumed(r)
        + _trust(r)
    )


def _row(r: Row, remedy: str, clips: int, cores: int) -> Row:
    return rows_with(r, remedy=remedy, clips=clips, cores=cores)[0]


def duration(seconds: float) -> str:
    """About how long, in the unit that fits."""
    for unit, size, until in (
        ("s", 1.0, 90.0),
        ("min", 60.0, 5400.0),
        ("h", 3600.0, 48 * 3600.0),
        ("days", 86400.0, 730 * 86400.0),
    ):
        if seconds < until:
            return f"{figure(seconds / size)} {unit}"
    return f"{figure(seconds / (365.25 * 86400))} years"


def figure(value: float) -> str:
    """Two significant digits; what is less exact than that says no more."""
    if value == 0:
        return "0"
    digits = f"{value:.2g}"
    return f"{float(digits):,.0f}" if value >= 10 else f"{float(digits):g}"


def _summary(r: Row) -> str:
    e = r["example"]
    now, shared, built = (_row(r, name, e["clips"], e["cores"]) for name in SHOWN)
    most, least = (_row(r, name, 10**8, 10_000) for name in ("as it is", "all, shares"))
    return (
        "What `poseprint scan` would take on clusters and archives that nobody here has: a simulation. The driver's and the workers' times in it are measured; the archive, the network and the\n"
        "object store are assumed.\n\n"
        f"- **As it is**, one driver scans {e['clips']:,} clips on {e['cores']:,} cores in {duration(now['wall_s'])}, while {figure(now['core_hours'] * now['efficiency'])} of the {figure(now['core_hours'])} core hours would do: {_words(now['limit'])}.\n"
        f"- **Shared out by hand** ([how](#what-can-be-done-today)), which needs nothing built: {shared['shares']:,} scans of a share each, {duration(shared['wall_s'])}, {figure(shared['core_hours'])} core hours.\n"
        f"- **With all remedies** below built: {duration(built['wall_s'])}, {figure(built['core_hours'])} core hours.\n"
        f"- **A hundred million clips** on 10,000 cores: as it is {_possible(most)}; with all remedies {duration(least['wall_s'])} and {figure(least['core_hours'])} core hours.\n\n"
    )


def _possible(row: Row) -> str:
    if row["limit"] == "memory of the driver":
        return f"not at all, because the driver would need {figure(row['memory_gb'])} GB of memory (with it, {duration(row['wall_s'])})"
    return duration(row["wall_s"])


def _words(limit: str) -> str:
    return {
        "workers": "the workers are the limit, as they should be",
        "object store": "the object store is the limit",
        "long clips": "long clips are the limit: the rest waits for them",
        "memory of the driver": "the driver's memory does not hold it",
        "driver: index": "the driver looks everybody up in its index of takes, and nobody else may",
        "driver: tasks": "the driver starts tasks and takes their results one by one",
        "driver: forgetting": "the driver removes files from a large folder",
        "driver: keeping": "the driver writes what comes",
        "driver: tables": "the driver writes tables",
        "driver: listing": "the driver lists files",
    }[limit]


def _cost(r: Row) -> str:
    sizes = sorted({row["clips"] for row in r["grid"]})
    cores = sorted({row["cores"] for row in r["grid"]})
    parts = []
    for name, words in SHOWN.items():
        rows = []
        for clips in sizes:
            cells = [_cell(_row(r, name, clips, count)) for count in cores]
            rows.append([f"{clips:,}", figure(_needed(r, name, clips)), *cells])
        parts.append(
            f"**{words[0].upper()}{words[1:]}:**\n\n"
            + table(["clips", "at the least", *(f"{n:,} cores" for n in cores)], rows)
        )
    return (
        "## Core hours\n\n"
        "Cores are paid for as long as the scan lasts, whether they work or wait. Each cell: core hours, and how long it takes. At the least: core hours if nobody ever waited and nothing was done twice.\n"
        f"Ten profiles, `--rate 10`, body, head and face at 720p. † would not fit into {figure(r['assumed']['world']['memory_bytes'] / 1e9)} GB, the memory assumed of the driver's machine.\n\n"
        + "\n".join(parts)
        + "\n![Hours by cores](images/scale-hours.svg)\n\n"
    )


def _needed(r: Row, name: str, clips: int) -> float:
    row = rows_with(r, remedy=name, clips=clips)[0]
    return float(row["core_hours"] * row["efficiency"])


def _cell(row: Row) -> str:
    return f"{figure(row['core_hours'])}{'†' if row['limit'] == 'memory of the driver' else ''}<br>{duration(row['wall_s'])}"


def _limits(r: Row) -> str:
    sizes = sorted({row["clips"] for row in r["grid"]})
    cores = sorted({row["cores"] for row in r["grid"]})
    rows = [[f"{n:,}", *(_row(r, "as it is", n, c)["limit"] for c in cores)] for n in sizes]
    t = r["times"]
    return (
        "## Where it stops scaling\n\n"
        "What limits the scan as it is (`driver: index` is the driver at looking up takes; `long clips`: nothing is busy, the rest waits for long films):\n\n"
        + table(["clips", *(f"{n:,} cores" for n in cores)], rows)
        + "\n![What the driver does](images/scale-driver.svg)\n\n"
        "What a driver does (of drivers side by side each does its part of the time) and, dashed, what the workers do together: whichever line is highest sets the pace.\n\n"
        "- **The index of takes** costs the square of what is in it. A film second is compared with each second of everybody before, "
        f"{figure(1e9 * t['index_each_s'])} ns each: after {figure(_equal(r))} clips to look somebody up takes as long as to judge them against ten profiles. Workers cannot help: there is one index, and it is the driver's.\n"
        f"- **Tasks**: a result costs the driver {1e3 * (t['start_s'] + t['fetch_s']):.2g} ms and {figure(1e9 * t['at_work_s'])} ns more for each task at work, because it looks through all of them each time: with 20,000 at work "
        f"{1e3 * (t['start_s'] + t['fetch_s'] + 20_000 * t['at_work_s']):.2g} ms, {figure(1 / (t['start_s'] + t['fetch_s'] + 20_000 * t['at_work_s']))} tasks a second.\n"
        f"- **The folder `work`**: each clip that is removed from it costs {figure(1e9 * t['forget_each_s'])} ns for each file there. A long film holds up the parts behind it, whose files stay.\n"
        "- **Long films from a store**: a worker fetches the whole film for a part of 30 s, unless the task before was another part of it; the model counts the worst, that two hours of film are fetched 240 times. Parts are begun 16 at a time, which is how fast a film can be.\n"
        f"- **Memory**: a file costs the driver {t['item_bytes']:.0f} bytes, one that shares its size with another {t['row_bytes']:.0f} more, and with many files nearly all do; a film second {t['index_bytes']:.0f} bytes of index.\n"
        "- **Sizes**: files of one size are hashed before they are measured. From some million files on, nearly every file has the size of another by chance, and is fetched once more.\n"
        f"- **The object store** limits {_by_store(r)}.\n\n"
    )


def _by_store(r: Row) -> str:
    """Which of the scans shown the store limits."""
    clips: dict[tuple[str, int], list[str]] = {}
    for row in r["grid"]:
        if row["remedy"] in SHOWN and row["limit"] == "object store":
            clips.setdefault((row["remedy"], row["cores"]), []).append(f"{row['clips']:,}")
    told = (f"`{name}` on {cores:,} cores with {', '.join(some)} clips" for (name, cores), some in clips.items())
    return f"{'; '.join(told)}, because of the long films above" if clips else "none of the scans shown"


def _equal(r: Row) -> float:
    """Clips after which a look-up takes as long as judging against ten profiles."""
    t, row = r["times"], _row(r, "as it is", 10**6, 1_000)
    indexed_s = (t["judge_s"] + 10 * t["judge_each_s"]) / t["index_each_s"]
    per_clip = row["indexed_s"] / row["clips"]
    return float(indexed_s / per_clip)


def _remedies(r: Row) -> str:
    e = r["example"]
    small = (10**5, 100)
    rows = []
    for name, how in TODAY.items():
        one, other = _row(r, name, e["clips"], e["cores"]), _row(r, name, *small)
        rows.append(
            [
                name,
                how,
                *(f"{figure(row['core_hours'])}<br>{duration(row['wall_s'])}" for row in (other, one)),
                one["limit"],
                figure(one["shares"]),
            ]
        )
    return (
        "## And what then\n\n"
        f"Core hours and time, for {small[0]:,} clips on {small[1]:,} cores and {e['clips']:,} on {e['cores']:,}; what limits the latter:\n\n"
        + table(["remedy", "today?", f"{small[0]:,} clips", f"{e['clips']:,} clips", "limit", "shares"], rows)
        + "\nMost are tried without the index, or nothing else would show. The index on workers spreads its cost but does not lessen it: all pairs of a large archive are too many for any cluster. "
        "To look copies up is worth it only\nwhile that costs less than to judge them again; shares keep every index small, and find copies within a share only: "
        "a copy in another share is judged once more, its verdict is the same.\n\n"
    )


def _today(r: Row) -> str:
    e = r["example"]
    row = _row(r, "shares by size", e["clips"], e["cores"])
    return (
        "## What can be done today\n\n"
        "Share the list of files out, and scan each share into a folder of its own. By size, so that files of the same content stay together and are measured once:\n\n"
        "```bash\n"
        "find /archive -name '*.mp4' -printf '%s %p\\n' |\n"
        f'  awk -v n={row["shares"]} \'{{ f = sprintf("share-%04d.csv", $1 % n); if (!(f in seen)) {{ print "file" > f; seen[f] }}; sub(/^[0-9]+ /, ""); print >> f; close(f) }}\'\n'
        "poseprint scan share-0000.csv --profiles watch -o out-0000 --rate 10    # on one machine; the next share on the next\n"
        "```\n\n"
        "One plain scan a machine needs no cluster. Several scans on one Ray cluster would each keep twice as many tasks going as the whole cluster has processors, which is slow (above).\n"
        "A list may name addresses in a store too, with sizes from the store's own listing. (Names with a comma, a quote or a line break need quoting, as csv has it.)\n"
        "Tables of several scans are read as one: `duckdb -c \"select * from 'out-*/verdicts/*.parquet'\"`. "
        "`scan report` tells of one folder at a time.\n"
        f"For {e['clips']:,} clips on {e['cores']:,} cores the model takes {row['shares']:,} shares, {row['at_once']:,} at a time. Shares by name find the same file twice in two shares, and measure it twice.\n\n"
    )


def _profiles(r: Row) -> str:
    names = list(SHOWN)
    counts = sorted({row["profiles"] for row in r["profiles"]})
    rows = [
        [
            f"{n:,}",
            *(
                _cell(next(row for row in r["profiles"] if row["profiles"] == n and row["remedy"] == name))
                for name in names
            ),
        ]
        for n in counts
    ]
    t = r["times"]
    return (
        "## How many profiles\n\n"
        f"To measure a film second at 720p takes {t['measure_s']:.2g} s of a core; to judge it {t['judge_each_s']:.2g} s for each profile, of which {t['same_each_s']:.2g} s are the same for every profile and were done again when this was measured. "
        f"From {figure(t['measure_s'] / t['judge_each_s'])} profiles on, judging costs more than measuring.\n{r['example']['clips']:,} clips, {r['example']['cores']:,} cores:\n\n"
        + table(["profiles", *SHOWN.values()], rows)
        + "\nA long list need not be judged at once: what was measured stays, and a scan into the same folder with other profiles only judges.\n\n"
        "![Hours by profiles](images/scale-profiles.svg)\n\n"
    )


def _measured(r: Row, times: Row) -> str:
    t = r["times"]
    ms = [
        ("a file listed and put into a part", t["list_s"]),
        ("a task started on Ray", t["start_s"]),
        ("its result taken", t["fetch_s"]),
        ("a measured clip kept: record, poses, track", t["keep_s"]),
        ("the tables of a part of 200 clips, but for", t["table_s"]),
        ("each line of verdicts", t["row_s"]),
        ("worker: a first look at a clip", t["glance_s"]),
        ("worker: poses of a person, a film second", t["someone_s"]),
        ("worker: started, with its models", t["load_s"]),
    ]
    films = [(f"worker: a film second measured, {what}", s) for what, s in times["measure"].items()]
    return (
        "## What is measured\n\n"
        f"`python benchmarks/scale.py --measure`, {times['date']}: seconds of one processor, medians of three, on a machine of two that others use as well (load {times['load']:.1f} when it began). Of Ray, tasks on the two processors of one machine, nothing over a network.\n\n"
        + table(["what", "milliseconds"], [[what, figure(1e3 * s)] for what, s in [*ms, *films]])
        + f"\nAt 30 poses a second a picture of 720p takes {1e3 * times['measure']['720p, rate 30'] / times['fps']:.0f} ms here and {_elsewhere():.0f} ms in [the benchmark of extraction](results.md#speed-of-extraction). "
        f"A minute looked up among a thousand takes {1e3 * 60_000 * 60 * t['index_each_s']:.0f} ms by this model, {_looked_up():.0f} ms in [the benchmark of the index](threat-model.md).\n"
        f"Lookups in indexes of {', '.join(times['index_s']['measured'])}, tasks at work {', '.join(times['scheduler_s']['measured'])} (Ray: {', '.join(times['ray_wait_s']['measured'])}) and files in `work` {', '.join(times['forget_s']['measured'])} were measured; a line through them is followed beyond.\n\n"
    )


def _elsewhere() -> float:
    """Milliseconds of a processor for a picture of 720p, by benchmarks/extract.py."""
    r = result("extract")
    film = next(f for f in r["films"] if f["size"][1] == 720 and f["networks"] == "body, head and face")
    return float(1e3 * r["processors"] / film["pictures_per_second"]["ours"])


def _looked_up() -> float:
    """Milliseconds for a minute among a thousand, by benchmarks/take_index.py."""
    return float(next(row["milliseconds"] for row in result("take_index")["cost"] if row["recordings"] == 1000))


def _assumed(r: Row) -> str:
    a, w = r["assumed"]["archive"], r["assumed"]["world"]
    base = {row["remedy"]: row for row in r["varied"] if row["what"] == "as assumed"}
    rows = []
    for what in dict.fromkeys(row["what"] for row in r["varied"]):
        cells = []
        for name in base:
            row = next(row for row in r["varied"] if row["what"] == what and row["remedy"] == name)
            cells += [figure(row["core_hours"]), row["limit"]]
        rows.append([what, *cells])
    return (
        "## What is assumed\n\n"
        f"- Clips: lengths lognormal, median {a['clip_s']:g} s and a spread of {a['clip_spread']:g} (clips from social networks and news are mostly under a minute), {a['films']:.1%} of them long films, lognormal around {duration(a['film_s'])}, "
        f"{duration(a['longest_s'])} at most. {8 * a['bytes_a_second'] / 1e6:g} Mbit/s. None of it is taken from a real archive.\n"
        f"- {a['passed_over']:.0%} passed over by the first look, a second person in {a['second']:.0%}, {a['same']:.0%} the same file as another, {a['copies']:.0%} of people copies of other takes.\n"
        f"- The store: {w['store_bytes'] / 1e9:g} GB/s in all, {w['worker_bytes'] / 1e6:g} MB/s to a worker, {w['requests']:,.0f} requests a second (what one prefix of S3 is documented to answer), {1e3 * w['latency_s']:.0f} ms until it answers; {w['driver_bytes'] / 1e9:g} GB/s into the driver.\n"
        f"- A worker lives {duration(w['life_s'])} in the mean and is replaced after {w['restart_s']:g} s; {w['slow']:.0%} of tasks take {w['times_slower']:g} times as long. The driver's machine has {w['memory_bytes'] / 1e9:g} GB.\n"
        "- A core of the cluster is as fast as one here, and as fast when its neighbours work too.\n\n"
        f"Each varied by itself, {r['example']['clips']:,} clips on {r['example']['cores']:,} cores, core hours and limit:\n\n"
        + table(["what", *(cell for name in base for cell in (name, "limit"))], rows)
        + "\n"
    )


def _trust(r: Row) -> str:
    rows = [
        [
            row["remedy"],
            f"{row['clips']:,}",
            f"{row['cores']:,}",
            duration(row["played_s"]),
            duration(row["computed_s"]),
            _difference(row["computed_s"], row["played_s"]),
        ]
        for row in r["compared"]
    ]
    most = r["most"]
    return (
        "## How far to trust it\n\n"
        f"Scans of which a share has {most['played']:,} clips or fewer are played task by task, with a queue of events; larger ones are computed as if each clip were the mean of {most['drawn']:,} drawn ones, the slowest of driver, workers and store setting the pace. "
        f"Where there are many shares, some are drawn that hold {most['sampled']:,} clips together, and the others take as long as they do; whoever is done begins the next. Each has the store to itself, but all together end no sooner than the store has served them. "
        "Played and computed, where both can be done:\n\n"
        + table(["remedy", "clips", "cores", "played", "computed", "difference"], rows)
        + "\nOf few clips on many cores the time is that of the longest films and of what must wait for them, which a mean clip does not show; so these are played.\n\n"
        + _checked()
        + _scanned(r)
        + "Not in the model: a network shared with others, file systems that slow down with many files, Ray's own limits beyond one machine, a driver that fails (a scan goes on where it stopped), and what poses and tables cost to store. "
        "Take the limits, and their order, as found; take hours as right within a factor of two at best, and far from any size that was run, as less than that.\n"
    )


def _difference(one: float, other: float) -> str:
    return f"{round(100 * (one / other - 1)):+d}%"


def _checked() -> str:
    if not (RESULTS / "scale_check.json").exists():
        return ""
    c = result("scale_check")
    rows = [
        [what, *(figure(c[key][who]) for who in ("real", "model")), _difference(c[key]["model"], c[key]["real"])]
        for what, key in (
            ("driver, seconds of a processor", "driver_s"),
            ("workers, seconds of processors", "workers_s"),
            ("the clock, seconds", "wall_s"),
        )
    ]
    return (
        f"**Against a real scan** (`python benchmarks/scale_check.py`): {c['clips']} clips, {c['measured']} of them measured, {c['film_s']:.0f} s of film, {c['profiles']} profiles, workers: {c['workers']}; "
        f"{figure(c['load'])} processes wanted the two processors at its end, so the clock says little. The driver's seconds are few, and some of them its start, which the model leaves out.\n\n"
        + table(["", "real", "model", "difference"], rows)
        + "\n"
    )


def _scanned(r: Row) -> str:
    c = r["scanned"]
    if c is None:
        return ""
    return f"**The scan of {c['clips']} clips** on this machine (`python benchmarks/scan.py`) took {duration(c['real_s'])}; the model, given clips that are all as long as its mean clip, says {duration(c['model_s'])}.\n\n"
