"""Rules of passkeys: a device's counter, and the domain that keys are made for."""

import pytest

from platone.identity.domain.passkey import domain_of, is_later


@pytest.mark.parametrize(
    ("known", "told", "verdict"),
    [
        (0, 0, True),  # a device that counts nothing
        (0, 1, True),
        (7, 8, True),
        (7, 7, False),  # a copy of the key, WebAuthn section 6.1.1
        (7, 6, False),
        (1, 0, False),
        (1, 1, False),
    ],
)
def test_counters_go_on_or_count_nothing(known: int, told: int, verdict: object) -> None:
    assert is_later(known, told) is verdict


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://market.example:8443", "market.example"),
        ("https://localhost:8443", "localhost"),
        ("https://127.0.0.1:8443", ""),
        ("https://[::1]:8443", ""),
        ("nonsense", ""),
    ],
)
def test_keys_are_for_names_only(address: str, domain: str) -> None:
    assert domain_of(address) == domain
