"""Sessions made by a seed: several quarter-hours, groups that overlap, both operators, ties."""

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from platone.messages.base import MarketType
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
OPERATORS = (ServiceType.DSO_REQUEST, ServiceType.TSO_REQUEST)


def random_session(seed: int, *, ties: bool = True) -> RecordedSession:
    """A session of 1 to 12 PoDs, 3 quarter-hours and up to 6 requests; volumes are eighths.

    Without ties no two offers have one price, and no two requests one limit.
    """
    random = Random(seed)  # noqa: S311 - a test's, not a secret's
    pods = [
        SessionPod(
            pod_id=f"POD{number:02d}",
            aggregator_id=random.choice(["AGG1", "AGG2"]),
            po_m_id=random.choice(["EAST", "WEST"]),
            power_baseline=[random.randint(-800, 800) / 8 for _ in range(96)],
        )
        for number in range(random.randint(1, 12))
    ]
    services = [_offer(random, pod) for pod in pods if random.random() < 0.9]
    services += [_request(random, pods, number) for number in range(random.randint(0, 6))]
    random.shuffle(services)
    if not ties:
        services = [_apart(service, place) for place, service in enumerate(services)]
    return RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=pods,
        flexibility_services=services,
    )


def _offer(random: Random, pod: SessionPod) -> RecordedService:
    return RecordedService(
        player_id=pod.aggregator_id,
        service_type=ServiceType.OFFER,
        player_service_id=f"offer-{random.randint(0, 3)}-{pod.pod_id}",
        flexibility=[
            Flexibility(
                pod=[pod.pod_id],
                power=[
                    PowerPoint(
                        index=index,
                        p=pod.power_baseline[index] + random.choice([-1, 1]) * _eighths(random, 80),
                        p_price=random.randint(0, 12) / 100,
                    )
                    for index in range(3)
                ],
            )
        ],
        submitted_at=START + timedelta(minutes=random.randint(0, 3)),
    )


def _request(random: Random, pods: list[SessionPod], number: int) -> RecordedService:
    kind, pom = random.choice(OPERATORS), random.choice(["EAST", "WEST"])
    group = random.sample(pods, random.randint(1, len(pods)))
    by_pom = [pod for pod in pods if pod.po_m_id == pom]
    if by_pom and random.random() < 0.3:
        group = by_pom
    sign = random.choice([-1, -1, 1])
    return RecordedService(
        player_id=kind.value[:3],
        service_type=kind,
        player_service_id=f"request-{number}",
        flexibility=[
            Flexibility(
                pod=None if group is by_pom else [pod.pod_id for pod in group],
                pom=pom if group is by_pom else None,
                power=[
                    PowerPoint(
                        index=index,
                        p=sum(pod.power_baseline[index] for pod in group)
                        + sign * _eighths(random, 240),
                        p_price=random.choice([0.05, 0.1, random.randint(0, 12) / 100]),
                    )
                    for index in range(3)
                ],
            )
        ],
        submitted_at=START + timedelta(minutes=random.randint(0, 2)),
    )


def _apart(service: RecordedService, place: int) -> RecordedService:
    """The same with prices that nobody else has."""
    entries = [
        msgspec.structs.replace(
            entry,
            power=[
                msgspec.structs.replace(at, p_price=at.p_price + (place + 1) / 10_000)
                for at in entry.power
            ],
        )
        for entry in service.flexibility
    ]
    return msgspec.structs.replace(service, flexibility=entries)


def _eighths(random: Random, most: int) -> float:
    return random.randint(1, most) / 8
