"""What the page of a proof tells of its steps."""

import pytest

from platone.dashboard.domain.proof_check import CheckStep, ProofCheck

HOLDS = CheckStep("form", passed=True, detail="")
FAILS = CheckStep("seal", passed=False, detail="")
YOURS = CheckStep("contract", passed=None, detail="")
NOT_APPLIED = CheckStep("device", passed=None, detail="", applies=False)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [(HOLDS, "holds"), (FAILS, "fails"), (YOURS, "yours"), (NOT_APPLIED, "not_applied")],
)
def test_a_step_ends_in_one_of_four_ways(step: CheckStep, outcome: str) -> None:
    assert step.outcome == outcome


def test_steps_are_counted_by_how_they_ended() -> None:
    steps = (HOLDS,) * 4 + (FAILS,) * 3 + (YOURS,) * 2 + (NOT_APPLIED,)
    check = ProofCheck(is_valid=False, steps=steps, values=(), content="")
    ends = ("holds", "fails", "yours", "not_applied")
    assert [check.count(each) for each in ends] == [4, 3, 2, 1]
    assert ProofCheck(is_valid=True, steps=(), values=(), content="").count("holds") == 0
