"""What the page of a proof tells of its steps."""

import pytest

from platone.dashboard.domain.proof_check import CheckStep, ProofCheck
from platone.messages.chain import ChainIdentity

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


@pytest.mark.parametrize(
    ("name", "value", "is_published"),
    [
        ("sealer", "0x" + "AB" * 20, True),
        ("sealer", "0x" + "ab" * 20, True),
        ("sealer", "0x" + "cd" * 20, False),
        ("contract", "0x" + "11" * 20, True),
        ("contract", "0x" + "ab" * 20, False),
        ("chain", "864300", True),
        ("chain", "1", False),
        ("network", "864300", False),
    ],
)
def test_a_value_is_compared_with_what_a_market_publishes_of_the_same_kind(
    name: str, value: str, *, is_published: bool
) -> None:
    chain = ChainIdentity(
        chain_id=864300,
        genesis="0x" + "00" * 32,
        sealer="0x" + "ab" * 20,
        contracts={"Certification": "0x" + "11" * 20},
    )
    assert CheckStep(name, None, "", value=value).is_published(chain) is is_published
    unsealed = ChainIdentity(chain_id=1, genesis="0x" + "00" * 32, contracts={})
    assert not CheckStep(name, None, "").is_published(unsealed)
