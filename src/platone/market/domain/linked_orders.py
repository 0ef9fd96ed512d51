"""The linked offers of a session, as units: sets of offered quarter-hours taken in one share.

::

    offer ─┬─ entry without terms            each quarter-hour by itself, no unit
           ├─ entry with a least share …     a unit for each quarter-hour
           └─ entries of one block           one unit for all of it
                   └─ options of a choice    units of which those of one option are taken at most
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from platone.market.domain.linked_activation import Activation, find_activations
from platone.market.domain.linked_demand import (
    LinkedDemand,
    find_demands,
    joined_by_demands,
)
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import Ask, PodTable
from platone.market.domain.order_terms import place_of
from platone.messages.clearing import Product
from platone.messages.market import Flexibility


@dataclass(frozen=True, slots=True)
class ComingBack:
    """Power that comes back in a later quarter-hour of the session, if all of a unit is taken.

    Attributes:
        pod: Row of the PoD.
        index: The quarter-hour.
        change_kw: Its change, load convention.
    """

    pod: int
    index: int
    change_kw: float


@dataclass(frozen=True, slots=True)
class EnergyBound:
    """The most energy that an entry moves.

    Attributes:
        rows: Its rows in the book.
        most_kwh: The bound.
    """

    rows: tuple[int, ...]
    most_kwh: float


@dataclass(slots=True)
class Unit:
    """A set of offered quarter-hours that are taken in one share.

    Attributes:
        name: Its name within the offer.
        rows: Its rows in the book.
        least_share: Least share that is taken, if any is.
        choice: The choice that it belongs to, by offer and name; none where it has no alternative.
        option: Which option of it.
        back: What comes back.
        is_block: Whether it is taken with others or in a least share only.
    """

    name: str
    rows: list[int]
    least_share: float
    choice: tuple[int, str] | None
    option: str | int
    back: list[ComingBack] = field(default_factory=list)
    is_block: bool = False

    @property
    def option_key(self) -> tuple[tuple[int, str] | None, str | int]:
        """The choice and the option of it."""
        return self.choice, self.option

    @property
    def stands_together(self) -> bool:
        """True where a part of it that the grid cuts takes the rest with it."""
        return self.is_block or self.least_share > 0 or bool(self.back)


@dataclass(frozen=True, slots=True)
class LinkedOrders:
    """All linked offers of a session.

    Attributes:
        units: The units.
        bounds: The bounds of energy.
        joined: For each quarter-hour that anything links, those that it is decided together with.
        activations: What is taken for a bounded number of quarter-hours.
        demands: The requests that are met by a least part, or not at all.
    """

    units: Sequence[Unit]
    bounds: Sequence[EnergyBound]
    joined: dict[int, tuple[int, ...]]
    activations: Sequence[Activation] = ()
    demands: Sequence[LinkedDemand] = ()


UNLINKED = LinkedOrders((), (), {})
"""A session in which every offered quarter-hour stands alone."""


def link_orders(
    book: OfferBook, asks: Sequence[Ask], table: PodTable, end: int, product: Product
) -> LinkedOrders:
    """Return the linked offers and requests of a session.

    Args:
        book: The offers.
        asks: The requests.
        table: The points of delivery.
        end: The quarter-hour after the session's last: what comes back later counts nowhere.
        product: What is traded: it may bound how long activations last.
    """
    units: dict[tuple[int, str], Unit] = {}
    bounds: list[EnergyBound] = []
    for service, number, entry, rows in _entries(book, table):
        terms = entry.order
        if terms is None:
            continue
        choice, option = place_of(number, terms)
        for row in rows:
            index = int(book.index[row])
            name = terms.block or f"{number}.{index}"
            unit = units.setdefault(
                (service, name),
                Unit(
                    name,
                    [],
                    terms.least_share or 0.0,
                    None if choice is None else (service, choice),
                    option,
                    is_block=terms.block is not None,
                ),
            )
            unit.rows.append(row)
            if terms.rebound is not None and index + terms.rebound.after < end:
                unit.back.append(
                    ComingBack(
                        int(book.pod[row]),
                        index + terms.rebound.after,
                        -terms.rebound.share * float(book.change_kw[row]),
                    )
                )
        if terms.most_energy_kwh is not None:
            bounds.append(EnergyBound(tuple(rows), terms.most_energy_kwh))
    found = list(units.values())
    activations = find_activations(book, product)
    demands = find_demands(asks)
    links = [*_links(found, bounds, book), *(set(each.rows) for each in activations)]
    links += joined_by_demands(demands)
    return LinkedOrders(found, bounds, _joined(links), activations, demands)


def _entries(book: OfferBook, table: PodTable) -> Iterator[tuple[int, int, Flexibility, range]]:
    """Yield each entry with its offer's row, its number there, and its rows in the book."""
    entries = [
        (service, table.row((entry.pod or [""])[0]), number, entry)
        for service, offer in enumerate(book.services)
        for number, entry in enumerate(offer.flexibility)
    ]
    entries.sort(key=lambda each: each[:2])  # as the book has them
    ends = np.cumsum([0, *(len(entry.power) for *_, entry in entries)]).tolist()
    for (service, _, number, entry), (start, end) in zip(entries, pairwise(ends), strict=True):
        yield service, number, entry, range(start, end)


def _links(
    units: Sequence[Unit], bounds: Sequence[EnergyBound], book: OfferBook
) -> Iterator[set[int]]:
    """Yield the sets of quarter-hours that something links."""
    by_choice: dict[tuple[int, str], set[int]] = {}
    for unit in units:
        linked = {int(book.index[row]) for row in unit.rows}
        linked |= {each.index for each in unit.back}
        yield linked
        if unit.choice is not None:
            by_choice.setdefault(unit.choice, set()).update(linked)
    yield from by_choice.values()
    for bound in bounds:
        yield {int(book.index[row]) for row in bound.rows}


def _joined(links: Iterable[set[int]]) -> dict[int, tuple[int, ...]]:
    """Return for each linked quarter-hour all those that it is linked with, over others too."""
    groups: list[set[int]] = []
    for link in links:
        apart = [group for group in groups if not group & link]
        together = link.union(*(group for group in groups if group & link))
        groups = [*apart, together]
    return {index: tuple(sorted(group)) for group in groups for index in group}
