"""Contracts are those that were created, or came from them by what the members agreed."""

import pytest

from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.upgrade import Upgrade, came_by_upgrades, code_hash, read_code

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


STOP = "0x00"
"""A code that stops at once; its hash is the published Keccak-256 of one zero byte."""
HASH_OF_STOP = "bc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a"


def test_a_code_is_named_by_its_keccak_256() -> None:
    assert code_hash(b"\x00") == "0x" + HASH_OF_STOP
    assert read_code(upgrade(ONE, HASH_OF_STOP, 5), STOP) == b"\x00"


@pytest.mark.parametrize(
    ("new", "code", "why"),
    [
        (HASH_OF_STOP, None, "The new code of Certification is missing."),
        (ONE, STOP, f"has the hash 0x{HASH_OF_STOP}, and the upgrade names 0x{ONE}."),
        (code_hash(b"\xef\x00")[2:], "0xef00", "never begins with the byte 0xEF"),
    ],
)
def test_another_code_than_the_agreed_one_is_refused(new: str, code: str | None, why: str) -> None:
    with pytest.raises(ConsortiumInvalid) as refused:
        read_code(upgrade(ONE, new, 5), code)
    assert why in refused.value.detail
