"""The offered quarter-hours that take part in a session, by what counts when its gate has closed.

A point of delivery takes part while it is registered with the aggregator that offers it, at the
gate too. An offered total counts from the baseline that counts at the gate: where that moved after
the offer was checked, it is checked again, and what the product or the point's limits do not allow
is left out, with its reason.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from platone.kernel.errors import PlatoneError
from platone.market.domain.order_terms import Place, place_of
from platone.market.domain.power_kind import as_active, is_reactive
from platone.market.domain.product import check_change
from platone.market.domain.reactive_outcome import as_reactive
from platone.market.domain.rejection import Rejection
from platone.market.domain.submission import check_limits
from platone.messages.clearing import Product
from platone.messages.market import (
    Flexibility,
    LeftOut,
    PowerKind,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
)
from platone.messages.outcome import AcceptedPower, PodOutcome
from platone.messages.registry import PointOfDelivery

_ANY_VOLUME = Product(least_volume_w=0)
"""The product that is left of a day-ahead offer in real time: of any volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The facts that count when a session's gate has closed.

    Attributes:
        registered: The points of delivery that are registered then.
        moved: Those whose baseline moved after an offer of theirs was checked.
        baselines: The baselines that count, which limits are counted from, kW by PoD.
        schedules: What a total is a change from: the baseline and what was traded before, kW.
        product: What is traded.
        unqualified: What was offered and is not qualified any more: PoDs and quarter-hours.
        reactive: The same of reactive power; none where it is not traded.
    """

    registered: Mapping[str, PointOfDelivery]
    moved: Container[str]
    baselines: Mapping[str, Sequence[float]]
    schedules: Mapping[str, Sequence[float]]
    product: Product
    unqualified: Container[tuple[str, int]] = frozenset()
    reactive: "Gate | None" = None

    def reason(self, offer: RecordedService, pod: str, point: PowerPoint) -> Rejection | None:
        """Return why an offered quarter-hour does not take part; None where it does."""
        registered = self.registered.get(pod)
        if registered is None or registered.aggregator_id != offer.player_id:
            return Rejection.NOT_REGISTERED
        if (pod, point.index) in self.unqualified:
            return Rejection.NOT_QUALIFIED
        if pod not in self.moved:
            return None
        try:
            check_limits(point, registered, self.baselines[pod])
            check_change(pod, point.index, point.p - self.schedules[pod][point.index], self.product)
        except PlatoneError:
            return Rejection.BASELINE_MOVED
        return None

    def reasons(
        self, offer: RecordedService, pod: str, entry: Flexibility
    ) -> list[Rejection | None]:
        """Return why each quarter-hour of an entry does not take part."""
        if not is_reactive(entry):
            return [self.reason(offer, pod, point) for point in entry.power]
        gate = self.reactive
        if gate is None:
            return [Rejection.BASELINE_MOVED] * len(entry.power)
        return [gate.reason(offer, pod, point) for point in as_active(entry).power]

    def of_standing(self, moved: Container[str]) -> "Gate":
        """Return the same for what is left of day-ahead offers.

        Args:
            moved: PoDs whose baseline is not that of the day-ahead session.
        """
        return Gate(
            registered=self.registered,
            moved=moved,
            baselines=self.baselines,
            schedules=self.schedules,
            product=msgspec.structs.replace(_ANY_VOLUME, direction=self.product.direction),
            unqualified=self.unqualified,
        )


def part_offers(
    services: Iterable[RecordedService], gate: Gate
) -> tuple[list[RecordedService], list[LeftOut]]:
    """Return the services with all that takes part, and the offered quarter-hours that do not."""
    kept: list[RecordedService] = []
    out: list[LeftOut] = []
    for service in services:
        if service.service_type is not ServiceType.OFFER:
            kept.append(service)
            continue
        entries = []
        for entry, reasons in zip(service.flexibility, _reasons(service, gate), strict=True):
            (pod,) = entry.pod or ("",)
            if not any(reasons):
                entries.append(entry)
                continue
            points = list(zip(entry.power, reasons, strict=True))
            out += [
                _left_out(service, pod, point, why, entry.power_kind)
                for point, why in points
                if why is not None
            ]
            power = [point for point, why in points if why is None]
            entries += [msgspec.structs.replace(entry, power=power)] if power else []
        if entries:
            kept.append(msgspec.structs.replace(service, flexibility=entries))
    return kept, out


def _reasons(service: RecordedService, gate: Gate) -> list[list[Rejection | None]]:
    """Return why quarter-hours of each entry do not take part; of a linked order all or none do."""
    found: list[list[Rejection | None]] = []
    broken: dict[Place, Rejection] = {}
    for number, entry in enumerate(service.flexibility):
        (pod,) = entry.pod or ("",)
        reasons = gate.reasons(service, pod, entry)
        found.append(reasons)
        for reason in reasons:
            if reason is not None and entry.order is not None:
                broken.setdefault(place_of(number, entry.order), reason)
    for number, entry in enumerate(service.flexibility):
        whole = None if entry.order is None else broken.get(place_of(number, entry.order))
        if whole is not None:
            found[number] = [reason or whole for reason in found[number]]
    return found


def with_left_out(flexibility: list[PodOutcome], recorded: RecordedSession) -> list[PodOutcome]:
    """Return an outcome's lines with a rejection of each offered quarter-hour that was left out."""
    if not recorded.left_out:
        return flexibility
    power = {each.pod: list(each.power) for each in flexibility}
    for each in sorted(recorded.left_out, key=left_out_order):
        line = AcceptedPower(
            index=each.index,
            accepted_p_value=None,
            rejection_type_p=each.reason,
            player_service_id=each.player_service_id,
            player_offer_id=each.player_id,
        )
        is_active = each.power_kind is not PowerKind.REACTIVE
        power.setdefault(each.pod, []).append(line if is_active else as_reactive(line))
    return [
        PodOutcome(pod=pod, power=sorted(lines, key=lambda line: line.index))
        for pod, lines in sorted(power.items())
    ]


def left_out_order(each: LeftOut) -> tuple[str, int, str, str, str]:
    """Return the key that sorts what was left out."""
    kind = "" if each.power_kind is None else each.power_kind.value
    return each.pod, each.index, each.player_service_id, each.player_id, kind


def _left_out(
    service: RecordedService, pod: str, point: PowerPoint, why: Rejection, kind: PowerKind | None
) -> LeftOut:
    return LeftOut(
        player_id=service.player_id,
        player_service_id=service.player_service_id,
        pod=pod,
        index=point.index,
        reason=why.value,
        power_kind=kind,
    )
