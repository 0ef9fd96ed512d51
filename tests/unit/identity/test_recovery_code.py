"""Recovery codes are found however they are typed, and nothing else is taken for one."""

import pytest

from platone.identity.domain.recovery_code import RECOVERY_BYTES, recovery_code, recovery_hash

RAW = bytes(range(RECOVERY_BYTES))
SHOWN = "aaaq-eaye-auda-ocaj-bifq-ydio"
"""RFC 4648 Base32 of the bytes 0 to 14, by coreutils' base32, in groups of four."""
HASH = "be4d0ca25e08cb3c7ff5af163d287821e15059c4957215c61fc6a88d8c16df3e"
"""SHA-256 of the same letters without hyphens, by coreutils' sha256sum."""


def test_a_code_is_six_groups_of_base32() -> None:
    assert recovery_code(RAW) == SHOWN
    assert recovery_code(b"\xff" * RECOVERY_BYTES) == "-".join(["7777"] * 6)


@pytest.mark.parametrize(
    "typed",
    [
        SHOWN,
        SHOWN.upper(),
        SHOWN.replace("-", ""),
        SHOWN.replace("-", " "),
        f"  {SHOWN}\n",
        SHOWN.replace("b", "8").replace("o", "0").replace("l", "1"),
    ],
)
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert recovery_hash(typed) == HASH


@pytest.mark.parametrize(
    "typed", ["", "123456", SHOWN[:-1], SHOWN + "a", SHOWN.replace("a", "9"), "ä" * 24]
)
def test_what_is_no_code_has_no_hash(typed: str) -> None:
    assert recovery_hash(typed) is None


def test_another_code_has_another_hash() -> None:
    assert recovery_hash(recovery_code(b"\x01" + RAW[1:])) != HASH
