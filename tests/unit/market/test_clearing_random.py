"""A thousand random sessions beside the plain reference: the same trades at the same prices."""

import math

import pytest
from tests.unit.market.plain_clearing import Key, plain_clear
from tests.unit.market.random_session import random_session

from platone.market.domain.clearing import clear
from platone.messages.market import RecordedSession
from platone.messages.outcome import AcceptedPower


def trades_of(recorded: RecordedSession) -> dict[Key, AcceptedPower]:
    return {
        (power.request_service_id or "", pod.pod, power.index): power
        for pod in clear(recorded).flexibility
        for power in pod.power
        if power.accepted_p_value is not None
    }


@pytest.mark.parametrize("hundred", range(10))
def test_clearing_equals_the_plain_reference(hundred: int) -> None:
    traded = 0
    for seed in range(100 * hundred, 100 * hundred + 100):
        recorded = random_session(seed)
        found, expected = trades_of(recorded), plain_clear(recorded)
        assert set(found) == set(expected), seed
        for key, (change, price) in expected.items():
            assert math.isclose(found[key].accepted_p_change or 0, change, abs_tol=1e-9), seed
            assert found[key].accepted_p_price == float(price), seed
        traded += len(found)
    assert traded > 100
