"""Contracts are those that were created, or came from them by what the members agreed."""

import pytest

from platone.ledger.domain.upgrade import Upgrade, came_by_upgrades

AT, ELSEWHERE = "0x" + "11" * 20, "0x" + "22" * 20
ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64


def upgrade(old: str, new: str, block: int, address: str = AT) -> Upgrade:
    return Upgrade(
        contract="Certification",
        address=address,
        old_code="0x" + old,
        new_code="0x" + new,
        from_block=block,
    )


@pytest.mark.parametrize(
    ("now", "agreed", "is_own"),
    [
        (ONE, [], True),
        (TWO, [], False),
        (TWO, [upgrade(ONE, TWO, 5)], True),
        (ONE, [upgrade(ONE, TWO, 5)], True),  # it has not begun
        (THREE, [upgrade(ONE, TWO, 5)], False),
        (THREE, [upgrade(TWO, THREE, 9), upgrade(ONE, TWO, 5)], True),
        (TWO, [upgrade(ONE, TWO, 5, ELSEWHERE)], False),
        (THREE, [upgrade(TWO, THREE, 5)], False),
        (ONE, [upgrade(ONE, TWO, 5), upgrade(TWO, ONE, 9)], True),
    ],
)
def test_a_code_is_own_where_agreed_upgrades_lead_to_it(
    now: str, agreed: list[Upgrade], *, is_own: bool
) -> None:
    noted = {"Certification": (AT, ONE)}
    assert came_by_upgrades(noted, {"Certification": (AT, now)}, agreed) is is_own


def test_a_contract_elsewhere_is_another() -> None:
    assert not came_by_upgrades({"A": (AT, ONE)}, {"A": (ELSEWHERE, ONE)}, [])
    assert not came_by_upgrades({"A": (AT, ONE)}, {"B": (AT, ONE)}, [])
