"""What chance explains of a scan's verdicts, and which of them stand at a false discovery rate; in numbers and in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from poseprint.app.scan.tally import SIGNS, Origin, ProfileTally, Side, Tally, log_e
from poseprint.verification.decision import Costs
from poseprint.verification.multiplicity import (
    Chance,
    Rate,
    alike_needed,
    beyond,
    by_chance,
    needed,
    standing_from,
)
from poseprint.verification.reference import NAMES, shipped

_WRONG: dict[Side, str] = {"consistent": "impostor", "inconsistent": "genuine"}
"""Verdict -> the trials it is wrong of."""
ADVICE = (
    "A scan says where to look. A verdict is for one claim about one clip: check that clip by itself, with the prior that its claim has "
    "(`poseprint check CLIP --profile PROFILE --prior P`). A shorter list of profiles leaves less to chance, and more footage of a "
    "person says more."
)


@dataclass(frozen=True)
class _Rates:
    """How often verdicts are wrong on one kind of footage.

    Attributes:
        data: what that was measured on.
        of: the rate of each verdict.
        trials: it rests on, in words.
    """

    data: str
    of: Mapping[Side, Rate]
    trials: str


def chance(tally: Tally) -> dict[str, Any]:
    """How many verdicts chance explains, json-ready, with `words`."""
    rates = {origin: _rates(origin) if tally.usual_costs else None for origin in tally.recordings}
    comparisons = sum((p.comparisons for p in tally.profiles.values()), Counter[Origin]())
    persons = Counter(p.person for p in tally.profiles.values() if p.comparisons)
    own = {origin: count * max(persons.values()) for origin, count in tally.recordings.items()}
    found: dict[str, Any] = {
        "comparisons": comparisons.total(),
        "recordings": tally.recordings.total(),
        "usual_costs": tally.usual_costs,
        "without_rate": sum(count for origin, count in comparisons.items() if rates[origin] is None),
        "rates": [_rates_dict(origin, known) for origin, known in sorted(rates.items())],
        "consistent": _explained(tally, "consistent", comparisons, rates),
        "inconsistent": _explained(tally, "inconsistent", own, rates),
        "profiles": {p.profile: _of_profile(p, rates) for p in tally.profiles.values()},
    }
    return {**found, "words": _words(found, [known for known in rates.values() if known])}


def standing(tally: Tally, limit: float) -> dict[str, Any]:
    """Which verdicts stand at a false discovery rate, json-ready, with `words`.

    Args:
        tally: of all verdicts.
        limit: of the false discovery rate, 0 to 1.

    Raises:
        PoseprintError: a limit that is none.
    """
    comparisons = sum(p.comparisons.total() for p in tally.profiles.values())
    found: dict[str, Any] = {"limit": limit, "comparisons": comparisons}
    for side in SIGNS:
        by_profile = {p.profile: p.log_e(side) for p in tally.profiles.values()}
        log_es = np.concatenate([np.zeros(0), *by_profile.values()])
        least = standing_from(log_es, comparisons, limit)
        found[side] = {
            "verdicts": len(log_es),
            "stand": int((log_es >= least).sum()),
            "least_log_e": least if math.isfinite(least) else None,
            "of_profiles": {name: int((values >= least).sum()) for name, values in by_profile.items()},
            **(_in_reach(tally, side, comparisons, limit) if tally.ends else {}),
        }
    return {**found, "words": _words_of_standing(found) if tally.ends else []}


def _rates(origin: Origin) -> _Rates | None:
    """The error rates that verdicts on such footage state; None where none are known."""
    reference = next((r for r in map(shipped, NAMES) if r.sha256 == origin.reference), None)
    if reference is None or origin.footage == "untried":
        return None
    if origin.footage == "films":
        films = reference.facts["films"]
        errors = films["errors"]
        people = {"impostor": int(films["persons"]), "genuine": int(films["genuine_persons"])}
        trials = f"{errors['impostor']} trials of impostors and {errors['genuine']} genuine ones, {people['impostor']} people"
        shares = {side: float(errors[f"{kind}_{side}"]) for side, kind in _WRONG.items()}
        data = str(errors["data"])
    else:
        rows = [row for row in reference.facts["errors"] if row["evidence"] == "both"]
        people = dict.fromkeys(("impostor", "genuine"), min(int(row["persons"]) for row in rows))
        trials = f"{people['impostor']} people; the highest rate of any length and enrolment"
        shares = {side: max(float(row[f"{kind}_{side}"]) for row in rows) for side, kind in _WRONG.items()}
        data = "gestures before a depth camera"
    independent = {"impostor": people["impostor"] * (people["impostor"] - 1) // 2, "genuine": people["genuine"]}
    return _Rates(data, {side: Rate(shares[side], independent[kind]) for side, kind in _WRONG.items()}, trials)


def _rates_dict(origin: Origin, known: _Rates | None) -> dict[str, Any]:
    about: dict[str, Any] = {"reference": origin.reference, "footage": origin.footage}
    if known is None:
        return about
    return {**about, "data": known.data, **{side: {**vars(r), "interval": r.interval} for side, r in known.of.items()}}


def _sum_of_chances(
    side: Side, comparisons: Mapping[Origin, int], rates: Mapping[Origin, _Rates | None]
) -> Chance | None:
    """What chance brings about among comparisons of several kinds of footage; None where no rate is known of any."""
    parts = [by_chance(count, r.of[side]) for origin, count in comparisons.items() if (r := rates[origin])]
    if not parts:
        return None
    ends = [part.interval or (part.count, part.count) for part in parts]
    return Chance(
        comparisons=sum(part.comparisons for part in parts),
        count=sum(part.count for part in parts),
        interval=(sum(low for low, _ in ends), sum(high for _, high in ends)),
        most=sum(part.most for part in parts),
    )


def _explained(
    tally: Tally, side: Side, comparisons: Mapping[Origin, int], rates: Mapping[Origin, _Rates | None]
) -> dict[str, Any]:
    explained = _sum_of_chances(side, comparisons, rates)
    total = sum(comparisons.values())
    return {
        "found": sum(p.verdicts[side] for p in tally.profiles.values() if p.comparisons),
        "comparisons": total,
        "by_chance": vars(explained) if explained else None,
        "at_most": beyond(total, max(Costs().thresholds)) if tally.usual_costs else None,
    }


def _of_profile(profile: ProfileTally, rates: Mapping[Origin, _Rates | None]) -> dict[str, Any]:
    chances = {side: _sum_of_chances(side, profile.comparisons, rates) for side in SIGNS}
    return {side: vars(explained) if explained else None for side, explained in chances.items()}


def _in_reach(tally: Tally, side: Side, comparisons: int, limit: float) -> dict[str, Any]:
    """What a single verdict would need, where the scale ends, and how many at its end would do."""
    end = 1 if side == "consistent" else 0
    most, bounds = max((float(log_e(side, bounds[end], bounds)), bounds) for bounds in tally.ends)
    made_up_for = SIGNS[side] * bounds[end] - most
    return {
        "single_needs_llr": SIGNS[side] * (needed(comparisons, limit) + made_up_for),
        "scale_ends": bounds[end],
        "alike_needed": alike_needed(most, comparisons, limit),
    }


def _words(found: Mapping[str, Any], rates: Sequence[_Rates]) -> list[str]:
    total, for_, against = found["comparisons"], found["consistent"], found["inconsistent"]
    if not total:
        return ["No profile gave a likelihood ratio of anybody, so there is nothing that chance could explain."]
    words = [
        f"Comparisons: {total}, of {found['recordings']} recordings with the profiles; copies of a take count once."
    ]
    if explained := for_["by_chance"]:
        verdict = "more than" if for_["found"] > explained["most"] else "no more than"
        words.append(
            f"If none of these people is in the archive, about {_count(explained['count'])} of {explained['comparisons']} comparisons "
            f"would come out consistent by chance ({_interval(explained)}); {for_['found']} did: {verdict} chance explains."
        )
    if explained := against["by_chance"]:
        words.append(
            f"If each recording showed somebody of the list, about {_count(explained['count'])} of {explained['comparisons']} would be "
            f"called inconsistent with their own profile ({_interval(explained)}); {against['found']} comparisons came out inconsistent, "
            "rightly where it is somebody else who moves."
        )
    words += map(_words_of_rates, rates)
    if not found["usual_costs"]:
        words.append(
            "These verdicts were not made at the usual costs, so no error rate is known of them: how many chance explains cannot be told."
        )
    elif found["without_rate"]:
        words.append(
            f"No error rate is known for {found['without_rate']} comparisons: another reference, or an estimator that was never tried."
        )
    if for_["at_most"] is not None:
        words.append(
            f"Whatever the rates: a calibrated LLR reaches the {max(Costs().thresholds):.2f} that `consistent` needs in at most "
            f"{_count(for_['at_most'])} of {total} comparisons with somebody else, in the mean."
        )
    return [*words, ADVICE]


def _words_of_rates(rates: _Rates) -> str:
    consistent, inconsistent = (f"{100 * rates.of[side].share:.1f} %" for side in SIGNS)
    return (
        f"That rests on {rates.data}: {consistent} of impostors were called consistent, {inconsistent} of genuine clips inconsistent "
        f"({rates.trials}). On footage of another kind errors may be more, and clips of one person err together."
    )


def _words_of_standing(found: Mapping[str, Any]) -> list[str]:
    words = []
    for side in SIGNS:
        about = found[side]
        alike = about["alike_needed"]
        words.append(
            f"At a false discovery rate of {100 * found['limit']:g} %, {about['stand']} of {about['verdicts']} {side} verdicts stand. With "
            f"{found['comparisons']} comparisons a single clip would need an LLR of {about['single_needs_llr']:+.2f}; the scale ends at "
            f"{about['scale_ends']:+.2f}; "
            + (
                "no number of clips at its end would do."
                if alike is None
                else "one clip at its end is enough."
                if alike == 1
                else f"{alike} alike at its end would be needed."
            )
        )
    return words


def _interval(explained: Mapping[str, Any]) -> str:
    low, high = explained["interval"]
    return f"95 % interval {_count(low)} to {_count(high)}, hardly ever more than {explained['most']}"


def _count(number: float) -> str:
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"
