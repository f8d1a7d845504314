"""Who is enrolled and who is tested, and how LLRs hold."""

from __future__ import annotations

import numpy as np
import pytest

from poseprint.evaluation import protocol
from poseprint.evaluation.protocol import applicable, enrolment_and_test, reliability
from poseprint.verification.trials import Take


def takes_of(**values: str) -> list[Take]:
    """One take a letter: values of `activity` and so on, in the order of persons Ann, Ann, .., Bob, .."""
    empty = np.zeros((1, 4), dtype=np.float32)
    count = len(next(iter(values.values())))
    return [
        Take(
            person="Ann" if k < count // 2 else "Bob",
            recording=f"r{k}",
            group="",
            statistics=empty,
            movement_seconds=np.array([5.0]),
            seconds=5.0,
            disjoint=(0,),
            **{name: values[name][k].strip() if name in values else "" for name in ("activity", "session")},
        )
        for k in range(count)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_no_person_shares_a_value_between_enrolment_and_test(seed: int) -> None:
    for values in ("abcabc", "abbcde", "aab bb", "aaaabc"):
        takes = takes_of(session=values)
        for enrol, test in enrolment_and_test(takes, "session", seed):
            for person in ("Ann", "Bob"):
                enrolled, tested = ({t.session for t in half if t.person == person} for half in (enrol, test))
                assert not enrolled & tested
                assert "" not in enrolled | tested
            kept = {t.recording for t in (*enrol, *test)}
            assert kept == {t.recording for t in takes if t.session}


def test_values_that_all_share_are_parted_for_all_alike() -> None:
    takes = takes_of(activity="abcdabcd")
    for seed in range(5):
        enrol, test = enrolment_and_test(takes, "activity", seed)[0]
        assert not {t.activity for t in enrol} & {t.activity for t in test}
    assert enrolment_and_test(takes, "activity", 1) == enrolment_and_test(takes, "activity", 1)
    assert len({tuple(t.recording for t in enrolment_and_test(takes, "activity", s)[0][0]) for s in range(8)}) > 1


def test_what_the_data_supports() -> None:
    assert applicable(takes_of(session="aabb")) == ["recording"]
    assert applicable(takes_of(session="abab", activity="aaaa")) == ["recording", "session"]
    assert applicable(takes_of(session="ab")) == []
    assert protocol.tested_persons(takes_of(session="abbb"), "session") == ["Ann"]


def test_reliability_of_llrs_that_are_right_and_that_are_too_bold() -> None:
    rng = np.random.default_rng(0)
    takes = takes_of(activity="abab")
    assert len(takes) == 4
    genuine = rng.random(20_000) < 0.5
    llr = (2 * (rng.normal(0, 1, 20_000) + np.where(genuine, 1, -1))) / np.log(10)
    from helpers.trials import trials

    right = reliability(trials(llr, genuine, model=["p"] * len(llr)), "both")
    assert sum(row["weight"] for row in right) == pytest.approx(1)
    for row in right:
        assert row["observed"] == pytest.approx(row["stated"], abs=0.06)
        assert row["persons"] == 1
    bold = reliability(trials(3 * llr, genuine, model=["p"] * len(llr)), "both")
    assert bold[0]["observed"] > bold[0]["stated"] + 0.02
    assert bold[-1]["observed"] < bold[-1]["stated"] - 0.02
    assert reliability(trials([1.0, 2.0], [True, True]), "both") == []
