"""One-time codes and code challenges are the published ones (RFC 6238 and 7636, appendices B)."""

import base64

import pytest

from platone.identity.domain.code import answers, challenge_of, is_challenge
from platone.identity.domain.one_time_code import matching_step, one_time_code

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_the_published_ones(at_s: int, code: str) -> None:
    assert one_time_code(SECRET, at_s // 30, digits=8) == code
    assert matching_step(SECRET, code[-6:], at_s) == at_s // 30


def test_a_code_holds_for_the_step_before_and_after_and_no_longer() -> None:
    code = one_time_code(SECRET, 1111111111 // 30)
    around = [matching_step(SECRET, code, 1111111111 + shift) for shift in (-60, -30, 0, 30, 60)]
    assert around == [None, 37037037, 37037037, 37037037, None]


@pytest.mark.parametrize(
    "code",
    [
        "",
        "\uff10\uff15\uff10\uff14\uff17\uff11",
        "000000",
        "14050471",
        "05047",
        "05 0471",
        "O50471",
    ],
)
def test_other_codes_hold_never(code: str) -> None:
    assert matching_step(SECRET, code, 1111111111) is None


def test_a_challenge_is_the_published_one() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert challenge_of(verifier) == challenge
    assert is_challenge(challenge)
    assert answers(verifier, challenge)
    assert not answers(verifier[:-1] + "l", challenge)
    assert not answers("short", challenge_of("short"))
