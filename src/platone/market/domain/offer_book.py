"""The offers of a session as columns, one row for each offered quarter-hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.order_book import (
    LONGEST_DAY,
    Kilowatts,
    PodTable,
    Rows,
    submission_order,
)
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
)

SIDES = 2
"""The two directions of a change: 0 to consume less, 1 to consume more."""
_PRICE_BITS, _ROW_BITS = 24, 28
"""Bits of a price in millionths of EUR/kWh (up to 16.7) and of a row in a sort key of 63 bits."""
_POINTS_AT_ONCE = 20_000
"""Quarter-hours that are read in one go, all fields of them: some 5 ms."""
_STEPS = 1e6
"""Millionths of EUR/kWh in one: the steps in which the ledger counts prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferBook:
    """Every offered quarter-hour of a session, in the order that decides between equal prices.

    The order is the time of submission, then playerServiceId, playerId and PoD; no two offers of
    one quarter-hour are equal in all of them, so it is total.

    Attributes:
        services: The offers, in that order.
        service: Row in ``services``, shape (offers,).
        pod: Row of the PoD, shape (offers,).
        index: Quarter-hour, shape (offers,).
        total_kw: Offered total, load convention, shape (offers,).
        baseline_kw: Baseline, shape (offers,).
        change_kw: Offered total less baseline; negative: consume less, shape (offers,).
        price: EUR/kWh, shape (offers,).
        reactive: Whether reactive power is offered too, shape (offers,).
    """

    services: list[RecordedService]
    service: Rows
    pod: Rows
    index: Rows
    total_kw: Kilowatts
    baseline_kw: Kilowatts
    change_kw: Kilowatts
    price: Kilowatts
    reactive: NDArray[np.bool_]

    def merit_order(self) -> tuple[Rows, Rows]:
        """Return the rows by quarter-hour, direction and price, and the side each then is of.

        A side is a quarter-hour times ``SIDES``, plus the direction. Equals stay in their order.
        """
        side = self.index * SIDES + (self.change_kw > 0)
        steps = self.price * _STEPS
        np.rint(steps, out=steps)
        fits = len(side).bit_length() <= _ROW_BITS and bool((steps < 1 << _PRICE_BITS).all())
        if not fits or not np.array_equal(steps / _STEPS, self.price):
            order = np.lexsort((self.price, side)).astype(np.intp, copy=False)
            return side[order], order
        # One sort of whole numbers that hold all three is ten times as fast as a sort by columns.
        keys = side << _PRICE_BITS
        keys += steps.astype(np.intp)
        keys <<= _ROW_BITS
        keys += np.arange(len(side))
        keys.sort()
        return keys >> _PRICE_BITS + _ROW_BITS, keys & ((1 << _ROW_BITS) - 1)


def book_offers(recorded: RecordedSession, table: PodTable) -> OfferBook:
    """Return the offers of a session as columns.

    Raises:
        RecordingInvalid: An offer is not for one PoD of the session with a baseline, or two
            offers are for the same PoD and quarter-hour.
    """
    services = sorted(
        (each for each in recorded.flexibility_services if each.service_type is ServiceType.OFFER),
        key=submission_order,
    )
    entries = [
        (number, _pod_row(service, entry, table), entry)
        for number, service in enumerate(services)
        for entry in service.flexibility
    ]
    entries.sort(key=itemgetter(0, 1))
    counts = [len(entry.power) for *_, entry in entries]
    service = np.repeat(np.array([number for number, *_ in entries], dtype=np.intp), counts)
    pod = np.repeat(np.array([row for _, row, _ in entries], dtype=np.intp), counts)
    return _with_points(services, service, pod, [entry for *_, entry in entries], table)


def _with_points(
    services: list[RecordedService],
    service: Rows,
    pod: Rows,
    entries: Sequence[Flexibility],
    table: PodTable,
) -> OfferBook:
    points = list(chain.from_iterable(entry.power for entry in entries))
    index, total_kw, price, reactive = _columns(points)
    options = [entry.order is not None and entry.order.option_of is not None for entry in entries]
    if any(options):  # of which one is taken at most
        counts = [len(entry.power) for entry in entries]
        alone = np.repeat(~np.array(options), counts)
        _refuse_repeated_spots(pod[alone], index[alone], table)
    else:
        _refuse_repeated_spots(pod, index, table)
    baseline_kw = table.baseline_kw[pod, index]
    without = np.flatnonzero(np.isnan(baseline_kw))
    if without.size:
        pod_id = table.pods[int(pod[without[0]])].pod_id
        raise RecordingInvalid(
            f"{pod_id} has no baseline at index {index[without[0]]}.", pod=pod_id
        )
    return OfferBook(
        services=services,
        service=service,
        pod=pod,
        index=index,
        total_kw=total_kw,
        baseline_kw=baseline_kw,
        change_kw=total_kw - baseline_kw,
        price=price,
        reactive=reactive,
    )


def _pod_row(service: RecordedService, entry: Flexibility, table: PodTable) -> int:
    if entry.pod is None or len(entry.pod) != 1 or entry.pom is not None:
        raise RecordingInvalid(
            f"Offer {service.player_service_id} is not for exactly one PoD.",
            playerServiceId=service.player_service_id,
        )
    return table.row(entry.pod[0])


def _columns(
    points: Sequence[PowerPoint],
) -> tuple[Rows, Kilowatts, Kilowatts, NDArray[np.bool_]]:
    """Return index, total, price, and whether reactive power is offered, of each quarter-hour."""
    count = len(points)
    index, reactive = np.empty(count, dtype=np.intp), np.zeros(count, dtype=np.bool_)
    total_kw, price = np.empty(count), np.empty(count)
    for start in range(0, count, _POINTS_AT_ONCE):
        part = points[start : start + _POINTS_AT_ONCE]
        its = slice(start, start + len(part))
        index[its] = [each.index for each in part]
        total_kw[its] = [each.p for each in part]
        price[its] = [each.p_price for each in part]
        kvar = [each.q for each in part]
        if kvar.count(None) < len(part):  # mostly none offers any, which is seen at once
            reactive[its] = [each is not None for each in kvar]
    return index, total_kw, price, reactive


def _refuse_repeated_spots(pod: Rows, index: Rows, table: PodTable) -> None:
    # by point of delivery first, as offers stand: those that lie scattered are counted slower
    if np.bincount(pod * LONGEST_DAY + index, minlength=1).max() <= 1:
        return
    twice = int(np.argmax(np.bincount(index * len(table.pods) + pod)))
    at, row = divmod(twice, len(table.pods))
    pod_id = table.pods[row].pod_id
    raise RecordingInvalid(f"{pod_id} is offered twice at index {at}.", pod=pod_id)
