"""A request or offer in columns, one row for each quarter-hour of each entry.

The checks of a message look at whole columns first. What seems wrong there, mostly nothing, is
judged by the plain rule of one quarter-hour, which says what is wrong, in the message's order::

    quarter-hours ──columns──► odd ones ──plain rule of each──► problems
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from platone.market.domain.order_book import LONGEST_DAY, Kilowatts, Rows
from platone.market.domain.power_kind import active_part, has_reactive, reactive_part
from platone.messages.market import Flexibility, FlexibilityService, PowerKind, PowerPoint

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PointColumns:
    """Quarter-hours in columns, each of shape (points,).

    Attributes:
        index: The indices.
        p_kw: The totals, kW, load convention.
        price: The prices, EUR/kWh.
        has_q_price: The flags of those with a price of reactive power.
    """

    index: Rows
    p_kw: Kilowatts
    price: Kilowatts
    has_q_price: Flags

    @classmethod
    def of(cls, points: Sequence[PowerPoint]) -> "PointColumns":
        """Return the columns of quarter-hours."""
        return cls(
            np.frombuffer(array("q", [point.index for point in points]), dtype=np.int64),
            np.frombuffer(array("d", [point.p for point in points]), dtype=np.float64),
            np.frombuffer(array("d", [point.p_price for point in points]), dtype=np.float64),
            _told([point.q_price for point in points]),
        )

    @classmethod
    def joined(cls, parts: Sequence["PointColumns"]) -> "PointColumns":
        """Return the columns of several messages one after the other."""
        return cls(
            np.concatenate([each.index for each in parts]),
            np.concatenate([each.p_kw for each in parts]),
            np.concatenate([each.price for each in parts]),
            np.concatenate([each.has_q_price for each in parts]),
        )


def _told(prices: Sequence[float | None]) -> Flags:
    """Return which prices are told."""
    if prices.count(None) == len(prices):  # mostly, which is seen at once
        return np.zeros(len(prices), dtype=np.bool_)
    return np.array([each is not None for each in prices], dtype=np.bool_)


@dataclass(frozen=True)
class OrderColumns:
    """A request or offer, with its quarter-hours in columns that are made when they are asked for.

    Attributes:
        service: The message.
        parts: The messages that it is made of, one after the other, if it is made of several.
    """

    service: FlexibilityService
    parts: Sequence["OrderColumns"] = ()
    _last: list[tuple[Mapping[str, Sequence[float]], Kilowatts]] = field(
        default_factory=list, compare=False, repr=False
    )

    @classmethod
    def joined(cls, orders: Sequence["OrderColumns"]) -> "OrderColumns":
        """Return messages of one party for one session as one message."""
        first, *others = orders
        if not others:
            return first
        entries = [entry for each in orders for entry in each.service.flexibility]
        return cls(msgspec.structs.replace(first.service, flexibility=entries), orders)

    @cached_property
    def columns(self) -> PointColumns:
        """The quarter-hours in columns; of several messages they are those of each, joined."""
        if self.parts:
            return PointColumns.joined([each.columns for each in self.parts])
        return PointColumns.of(self.points)

    @cached_property
    def points(self) -> list[PowerPoint]:
        """All quarter-hours of all entries, in the message's order."""
        return list(chain.from_iterable(entry.power for entry in self.service.flexibility))

    @cached_property
    def lengths(self) -> Rows:
        """The number of quarter-hours of each entry, shape (entries,)."""
        return np.array([len(entry.power) for entry in self.service.flexibility], dtype=np.intp)

    @cached_property
    def entry(self) -> Rows:
        """The number of the entry of each quarter-hour, shape (points,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def index(self) -> Rows:
        """The indices, shape (points,)."""
        return self.columns.index

    @property
    def indices(self) -> Iterator[int]:
        """The indices one by one, in the message's order."""
        return (point.index for entry in self.service.flexibility for point in entry.power)

    @property
    def p_kw(self) -> Kilowatts:
        """The totals, kW, load convention, shape (points,)."""
        return self.columns.p_kw

    @property
    def price(self) -> Kilowatts:
        """The prices, EUR/kWh, shape (points,)."""
        return self.columns.price

    @property
    def has_q_price(self) -> Flags:
        """The flags of quarter-hours with a price of reactive power, shape (points,)."""
        return self.columns.has_q_price

    @cached_property
    def is_simple(self) -> bool:
        """True where each entry is of active power of exactly one PoD, without terms: mostly."""
        if self.parts:
            return all(each.is_simple for each in self.parts)
        return all(
            entry.power_kind is not PowerKind.REACTIVE
            and entry.order is None
            and entry.pom is None
            and entry.pod is not None
            and len(entry.pod) == 1
            for entry in self.service.flexibility
        )

    @cached_property
    def names(self) -> list[str]:
        """The PoDs that the message names, each once, in its order."""
        return named_pods(self.service)

    @cached_property
    def is_plain(self) -> bool:
        """True where each entry is for exactly one PoD, as those of offers are."""
        return self.is_simple or all(len(pods) == 1 for pods in _pods(self.service.flexibility))

    @cached_property
    def pod(self) -> Rows:
        """The row of the only PoD of each quarter-hour in `names`, of a plain message."""
        rows = {name: row for row, name in enumerate(self.names)}
        of_entry = [rows[pods[0]] for pods in _pods(self.service.flexibility)]
        return np.repeat(np.array(of_entry, dtype=np.intp), self.lengths)

    def table(self, curves: Mapping[str, Sequence[float]]) -> Kilowatts:
        """Return curves of the PoDs, shape (names, 100), NaN where there is no value.

        The last one is kept: mostly all checks are by the same curves.
        """
        if self._last and self._last[0][0] is curves:
            return self._last[0][1]
        found = _table([curves.get(name, ()) for name in self.names])
        self._last[:] = [(curves, found)]
        return found

    @property
    def active(self) -> "OrderColumns":
        """The same without what is of reactive power."""
        if self.is_simple or not has_reactive(self.service):
            return self
        return OrderColumns(active_part(self.service))

    @cached_property
    def reactive(self) -> "OrderColumns":
        """Its reactive power in the form of active power; mostly without an entry."""
        if self.is_simple:
            return OrderColumns(msgspec.structs.replace(self.service, flexibility=[]))
        return OrderColumns(reactive_part(self.service))

    @property
    def all_odd(self) -> Flags:
        """The flags that leave all quarter-hours to the plain rule."""
        return np.ones(len(self.points), dtype=np.bool_)

    def odd(self, flags: Flags) -> dict[int, list[PowerPoint]]:
        """Return the flagged quarter-hours of each entry that has any, by the entry's number."""
        found: dict[int, list[PowerPoint]] = {}
        for row in flags.nonzero()[0].tolist():
            found.setdefault(int(self.entry[row]), []).append(self.points[row])
        return found


def named_pods(service: FlexibilityService) -> list[str]:
    """Return the PoDs that a message names, each once, in its order."""
    return list(dict.fromkeys(chain.from_iterable(_pods(service.flexibility))))


def _table(curves: Sequence[Sequence[float]]) -> Kilowatts:
    """Return curves as rows of a table, shape (curves, 100), NaN where there is no value."""
    found = np.full((len(curves), LONGEST_DAY), np.nan)
    lengths = {len(curve) for curve in curves}
    if len(lengths) == 1 and (length := lengths.pop()) <= LONGEST_DAY:  # mostly: one call for all
        found[:, :length] = curves
        return found
    for row, curve in enumerate(curves):
        found[row, : len(curve)] = curve[:LONGEST_DAY]
    return found


def _pods(entries: Sequence[Flexibility]) -> Iterator[Sequence[str]]:
    return (entry.pod or () for entry in entries)
