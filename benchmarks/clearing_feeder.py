"""Blocks and limits of the grid together: a 33-bus feeder, 350 bids, 24 quarter-hours.

Baran and Wu's feeder as pandapower has it; each line's flow changes by the power of the points of
delivery behind it, and every fourth line needs relief. Half of the bids are blocks of four
quarter-hours that are taken as a whole or not at all.
"""

import warnings
from random import Random
from typing import Any

import msgspec

from benchmarks.clearing import START
from benchmarks.harness import Row, median_s
from platone.market.domain.clearing import clear_to_store
from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules, GridLimit, Method, PodEffect
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.order import OrderTerms

_BIDS, _PERIODS, _BLOCK = 350, 24, 4
_BASELINE_KW, _PRICE = 50.0, 5.0
_GOAL_S = 5.0


def _feeder() -> list[set[int]]:
    """The buses behind each line of the feeder, the nearest line first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pandapower import networks  # noqa: PLC0415 - a benchmark's peer

        net: Any = networks.case33bw()
    lines = net.line[net.line.in_service]
    below: dict[int, list[int]] = {}
    for start, end in zip(lines.from_bus, lines.to_bus, strict=True):
        below.setdefault(int(start), []).append(int(end))

    def behind(bus: int) -> set[int]:
        return {bus}.union(*(behind(each) for each in below.get(bus, ())))

    return [behind(int(end)) for end in lines.to_bus]


def feeder_session() -> RecordedSession:
    """A session of that many bids, with limits of every line in every quarter-hour."""
    random = Random(33)  # noqa: S311 - a benchmark's
    behind = _feeder()
    bus_of = [random.randint(1, 32) for _ in range(_BIDS)]
    offers = []
    for number in range(_BIDS):
        first = random.randrange(0, _PERIODS, _BLOCK)
        kw, price = random.randint(2, 20), random.randint(20, 300) / 1000
        power = [
            PowerPoint(index=first + step, p=_BASELINE_KW - kw, p_price=price)
            for step in range(_BLOCK)
        ]
        order = OrderTerms(block="b", least_share=1.0) if number % 2 else None
        offers.append(
            RecordedService(
                player_id="AGG",
                service_type=ServiceType.OFFER,
                player_service_id=f"bid-{number}",
                flexibility=[Flexibility(pod=[f"POD{number:04d}"], power=power, order=order)],
            )
        )
    limits = [
        GridLimit(
            player_id="DSO",
            element=f"line/{line:02d}",
            index=index,
            unit="kW",
            most=-random.uniform(5, 40) if line % 4 == 0 else 10.0,
            least=-200.0,
            price=_PRICE if line % 4 == 0 else None,
            effects=[
                PodEffect(pod=f"POD{number:04d}", effect=1.0)
                for number, bus in enumerate(bus_of)
                if bus in buses
            ],
        )
        for index in range(_PERIODS)
        for line, buses in enumerate(behind)
    ]
    pods = [
        SessionPod(
            pod_id=f"POD{number:04d}", aggregator_id="AGG", power_baseline=[_BASELINE_KW] * 96
        )
        for number in range(_BIDS)
    ]
    return RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=pods,
        flexibility_services=offers,
        rules=ClearingRules(method=Method.LEAST_COST, linked_orders=True),
        grid_limits=tuple(limits),
    )


def measure() -> list[Row]:
    """The whole clearing, with blocks, and without."""
    linked = feeder_session()
    plain = msgspec.structs.replace(
        linked,
        rules=ClearingRules(method=Method.LEAST_COST),
        flexibility_services=[
            msgspec.structs.replace(
                each,
                flexibility=[
                    msgspec.structs.replace(entry, order=None) for entry in each.flexibility
                ],
            )
            for each in linked.flexibility_services
        ],
    )
    note = (
        f"33-bus feeder, {_BIDS} bids, {_PERIODS} quarter-hours, {len(linked.grid_limits)} limits"
    )
    return [
        Row(
            "clearing: grid and blocks",
            median_s(lambda: clear_to_store(linked), 3),
            "s",
            "goal",
            _GOAL_S,
            f"{note}; half of the bids in blocks of {_BLOCK}",
        ),
        Row(
            "clearing: grid alone",
            median_s(lambda: clear_to_store(plain), 3),
            "s",
            "goal",
            _GOAL_S,
            note,
        ),
    ]
