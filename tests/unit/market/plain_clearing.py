"""The rules of clearing once more, in exact fractions and the plainest words: an oracle.

It shares no code with the product: it walks over lists, and finds shared prices by raising one
after the other until nothing changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from platone.messages.market import RecordedService, RecordedSession, ServiceType

WATT = Fraction(1, 1000)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

Key = tuple[str, str, int]
"""A trade: the request's identifier, the PoD and the quarter-hour."""


@dataclass
class PlainOffer:
    pod: str
    index: int
    left: Fraction
    price: Fraction
    tie: tuple[datetime, str, str, str]


@dataclass
class PlainRequest:
    name: str
    player: str
    group: frozenset[str]
    index: int
    need: Fraction
    limit: Fraction
    rank: tuple[int, Fraction, datetime, str, str, int]
    bought: dict[str, Fraction] = field(default_factory=dict)
    price: Fraction = Fraction(0)

    def could_buy(self, offer: PlainOffer, change: Fraction) -> bool:
        return (
            offer.pod in self.group
            and offer.index == self.index
            and change * self.need > 0
            and offer.price <= self.limit
        )


def plain_requests(recorded: RecordedSession) -> list[PlainRequest]:
    """The requests of a session in the order in which they are served."""
    found: list[PlainRequest] = []
    for service in recorded.flexibility_services:
        if service.service_type is not ServiceType.OFFER:
            found += _entries(service, recorded)
    return sorted(found, key=lambda each: each.rank)


def _entries(service: RecordedService, recorded: RecordedSession) -> Iterator[PlainRequest]:
    place = 0
    for entry in service.flexibility:
        members = [
            pod
            for pod in recorded.pods
            if (pod.pod_id in entry.pod if entry.pod is not None else pod.po_m_id == entry.pom)
        ]
        for point in entry.power:
            place += 1
            yield PlainRequest(
                name=service.player_service_id,
                player=service.player_id,
                group=frozenset(pod.pod_id for pod in members),
                index=point.index,
                need=Fraction(point.p)
                - sum(Fraction(pod.power_baseline[point.index]) for pod in members),
                limit=Fraction(point.p_price),
                rank=(
                    1 if service.service_type is ServiceType.TSO_REQUEST else 0,
                    -Fraction(point.p_price),
                    service.submitted_at or LONG_AGO,
                    service.player_service_id,
                    service.player_id,
                    place,
                ),
            )


def plain_offers(recorded: RecordedSession) -> list[PlainOffer]:
    """The offered quarter-hours of a session by price and tie."""
    baselines = {pod.pod_id: pod.power_baseline for pod in recorded.pods}
    found = [
        PlainOffer(
            pod=pod,
            index=point.index,
            left=Fraction(point.p) - Fraction(baselines[pod][point.index]),
            price=Fraction(point.p_price),
            tie=(
                service.submitted_at or LONG_AGO,
                service.player_service_id,
                service.player_id,
                pod,
            ),
        )
        for service in recorded.flexibility_services
        if service.service_type is ServiceType.OFFER
        for entry in service.flexibility
        for pod in entry.pod or []
        for point in entry.power
    ]
    return sorted(found, key=lambda offer: (offer.price, offer.tie))


def plain_clear(recorded: RecordedSession) -> dict[Key, tuple[Fraction, Fraction]]:
    """The trades of a session: what changes, and at what price."""
    offers, requests = plain_offers(recorded), plain_requests(recorded)
    changes = {(offer.pod, offer.index): offer.left for offer in offers}
    for request in requests:
        _buy(request, offers)
    _share_prices([each for each in requests if each.bought], offers, changes)
    return {
        (request.name, pod, request.index): (change, request.price)
        for request in requests
        for pod, change in request.bought.items()
    }


def _buy(request: PlainRequest, offers: list[PlainOffer]) -> None:
    missing = abs(request.need)
    for offer in offers:
        if request.could_buy(offer, offer.left) and abs(offer.left) >= WATT and missing >= WATT:
            part = min(abs(offer.left), missing)
            change = part if request.need > 0 else -part
            request.bought[offer.pod] = change
            request.price = offer.price
            offer.left -= change
            missing -= part


def _share_prices(
    buyers: list[PlainRequest],
    offers: list[PlainOffer],
    changes: dict[tuple[str, int], Fraction],
) -> None:
    changed = True
    while changed:
        changed = False
        for buyer in buyers:
            for offer in offers:
                if offer.pod not in buyer.bought or offer.index != buyer.index:
                    continue
                for other in buyers:
                    if not other.could_buy(offer, changes[offer.pod, offer.index]):
                        continue
                    if other.price > buyer.price and buyer.price < buyer.limit:
                        buyer.price = min(other.price, buyer.limit)
                        changed = True
