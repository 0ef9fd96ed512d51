"""A day with more offers than are decided at once: each quarter-hour is as if it stood alone."""

from random import Random

import msgspec
from tests.unit.market.market_case import ask, session
from tests.unit.market.random_session import START

from platone.market.domain.clearing import clear
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
)
from platone.messages.outcome import AcceptedPower

PODS = 800
QUARTER_HOURS = 96


def large_session() -> RecordedSession:
    """A DSO's and a TSO's day, for all and for half of the PoDs; some offer for half a day."""
    random = Random(5)  # noqa: S311 - a test's
    names = [f"POD{number:03d}" for number in range(PODS)]
    offers = [
        RecordedService(
            player_id="AGG",
            service_type=ServiceType.OFFER,
            player_service_id=f"offer-{name}",
            flexibility=[
                Flexibility(
                    pod=[name],
                    power=[
                        PowerPoint(
                            index=index,
                            p=100 + random.choice([-1, 1]) * random.randint(1, 80) / 8,
                            p_price=random.randint(1, 200) / 1000,
                        )
                        for index in range(random.choice([0, 48]), QUARTER_HOURS)
                    ],
                )
            ],
            submitted_at=START,
        )
        for name in names
    ]
    asked = [
        _all_day(ask("dso", names[::2], -300, 0.1)),
        _all_day(ask("tso", names, -900, 0.15, ServiceType.TSO_REQUEST)),
        _all_day(ask("raise", names, 700, 0.12, ServiceType.TSO_REQUEST)),
    ]
    pods = [
        SessionPod(pod_id=name, aggregator_id="AGG", power_baseline=[100.0] * QUARTER_HOURS)
        for name in names
    ]
    base = session()
    return msgspec.structs.replace(base, pods=pods, flexibility_services=[*offers, *asked])


def _all_day(service: RecordedService) -> RecordedService:
    (entry,) = service.flexibility
    (point,) = entry.power
    power = [msgspec.structs.replace(point, index=index) for index in range(QUARTER_HOURS)]
    entry = msgspec.structs.replace(entry, power=power)
    return msgspec.structs.replace(service, flexibility=[entry])


def alone(recorded: RecordedSession, index: int) -> RecordedSession:
    """The session of one quarter-hour."""
    services = []
    for service in recorded.flexibility_services:
        (entry,) = service.flexibility
        power = [point for point in entry.power if point.index == index]
        if power:
            entry = msgspec.structs.replace(entry, power=power)
            services.append(msgspec.structs.replace(service, flexibility=[entry]))
    return msgspec.structs.replace(recorded, flexibility_services=services)


def told(recorded: RecordedSession) -> dict[int, list[tuple[str, AcceptedPower]]]:
    found: dict[int, list[tuple[str, AcceptedPower]]] = {}
    for pod in clear(recorded).flexibility:
        for power in pod.power:
            found.setdefault(power.index, []).append((pod.pod, power))
    return found


def test_each_quarter_hour_is_cleared_as_if_it_stood_alone() -> None:
    recorded = large_session()
    whole = told(recorded)

    assert len(whole) == QUARTER_HOURS
    for index in (0, 20, 47, 48, 70, 95):
        assert whole[index] == told(alone(recorded, index))[index]
        assert {p.request_service_id for _, p in whole[index]} == {None, "dso", "tso", "raise"}
