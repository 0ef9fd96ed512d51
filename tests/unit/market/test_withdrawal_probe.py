"""Withdrawing at the gate, and what it brings; docs/reference/market-rules.md tells it.

The market of :mod:`test_gaming_probe`: 40 offers of 10 kW at 0.01 to 0.40, of which every fourth is
of one party, and a need of 200 kW. A kilowatt costs a party what it offers it for.
"""

from collections.abc import Iterable

import pytest
from tests.unit.market.test_gaming_probe import OFFERS, ask, totals

MINE = range(0, 40, 4)
NEED_KW = 200


def price_without(withdrawn: Iterable[int], limit: float = 1.0) -> float:
    gone = set(withdrawn)
    left = [offer for number, offer in enumerate(OFFERS) if number not in gone]
    volume_kw, eur = totals(*left, ask("all", NEED_KW, limit=limit))
    return eur / volume_kw


def gain(withdrawn: Iterable[int], limit: float = 1.0) -> float:
    """Surplus of the party over a quarter-hour's power, EUR/h, after withdrawing some offers."""
    gone = set(withdrawn)
    price = price_without(gone, limit)
    cost = {number: (number + 1) / 100 for number in MINE if number not in gone}
    return sum(10 * (price - own) for own in cost.values() if own <= price)


def test_withdrawing_brings_what_never_offering_would() -> None:
    """Nobody sees another's offers before the gate, so nobody reacts to either."""
    honest = gain([])
    assert honest == pytest.approx(10 * sum(0.20 - own for own in (0.01, 0.05, 0.09, 0.13, 0.17)))
    for withdrawn, factor in (([16], 1.02), ([12, 16], 0.945)):
        assert gain(withdrawn) / honest == pytest.approx(factor, abs=0.005)


def test_a_limit_bounds_what_it_brings() -> None:
    assert gain([16], limit=0.20) < gain([])
    assert price_without(MINE, limit=0.20) <= 0.20


def test_the_dearest_of_all_ways_to_withdraw() -> None:
    """Each set of the party's five offers that are taken: the best brings two per cent."""
    served = [number for number in MINE if number < NEED_KW // 10]
    ways = [
        [number for place, number in enumerate(served) if bits >> place & 1]
        for bits in range(1 << len(served))
    ]
    best = max(gain(way) for way in ways)
    assert best / gain([]) == pytest.approx(1.02, abs=0.005)
