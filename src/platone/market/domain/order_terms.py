"""The checks of terms: what links quarter-hours, and where something may be offered twice.

The options of a choice may be for the same point of delivery and quarter-hour, since one of them
is taken at most. All else is offered once, and what comes back takes a quarter-hour as well: so no
point of delivery has trades of both directions at once, but by two requests.
"""

from collections.abc import Iterator

import numpy as np

from platone.kernel.errors import PlatoneError, raise_all
from platone.market.domain.order_book import LONGEST_DAY
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.problem.order import (
    DuplicateIndex,
    LinkedOrderNotTraded,
    OrderTermsInvalid,
)
from platone.messages.clearing import ClearingRules
from platone.messages.market import Flexibility, FlexibilityService, PowerKind, ServiceType
from platone.messages.order import OrderTerms

SPAN = 2 * LONGEST_DAY
"""Quarter-hours that an offer may use: of its day, and in which something of it comes back."""
Place = tuple[str | None, str | int]
"""The choice that an entry is an option of, and its block or number among the entries."""


def check_terms(service: FlexibilityService, rules: ClearingRules) -> None:
    """Check the terms of the entries of an offer or a request.

    Raises:
        LinkedOrderNotTraded: The market takes none.
        OrderTermsInvalid: They contradict each other, or are none of its kind.
    """
    raise_all(_term_problems(service, rules))


def check_offered_once(order: OrderColumns) -> None:
    """Check that an offer is for each PoD and quarter-hour once, but for options of one choice.

    Raises:
        DuplicateIndex: It is not.
    """
    if not _is_surely_once(order):
        raise_all(_repeated(order.service))


def place_of(number: int, terms: OrderTerms | None) -> Place:
    """Return the choice and the option that an entry belongs to, by its number in the message."""
    if terms is None:
        return None, number
    return terms.option_of, terms.block or number


def used_indices(entry: Flexibility) -> Iterator[int]:
    """Yield the quarter-hours of an offer's entry, and those in which what it moved comes back."""
    after = _after(entry)
    for point in entry.power:
        yield point.index
        if after:
            yield point.index + after


def _term_problems(service: FlexibilityService, rules: ClearingRules) -> Iterator[PlatoneError]:
    blocks: dict[str, OrderTerms] = {}
    for number, entry in enumerate(service.flexibility):
        terms = entry.order
        if terms is None:
            continue
        where = {"entry": number, "pod": _pod(entry)}
        if not rules.linked_orders:
            yield LinkedOrderNotTraded(f"Entry {number} has terms of a linked order.", **where)
        elif strange := _strange(terms, service.service_type):
            yield OrderTermsInvalid(f"Entry {number}: {strange}.", **where)
        elif terms.block is not None:
            first = blocks.setdefault(terms.block, terms)
            if (first.least_share, first.option_of) != (terms.least_share, terms.option_of):
                yield OrderTermsInvalid(
                    f"Entry {number}: block {terms.block} has one leastShare and one optionOf.",
                    **where,
                    block=terms.block,
                )


def _strange(terms: OrderTerms, kind: ServiceType) -> str | None:
    """Return the fault of the terms of a request or offer in words; None where they have none."""
    if kind is ServiceType.OFFER:
        return None if terms.least_kw is None else "an offer has no leastKw, but a leastShare"
    told = terms.option_of, terms.most_energy_kwh, terms.rebound
    if any(each is not None for each in told):
        return "a request has no terms but block, leastShare and leastKw"
    return None


def check_linked_kinds(service: FlexibilityService) -> None:
    """Check that what is linked is of one kind of power.

    Raises:
        OrderTermsInvalid: A block or choice is of active and of reactive power.
    """
    kinds: dict[str, PowerKind] = {}
    raise_all(
        OrderTermsInvalid(
            f"Entry {number}: {name} is of active and of reactive power.", entry=number, name=name
        )
        for number, entry in enumerate(service.flexibility)
        if entry.order is not None
        for name in (entry.order.block, entry.order.option_of)
        if name is not None
        and kinds.setdefault(name, entry.power_kind or PowerKind.ACTIVE)
        is not (entry.power_kind or PowerKind.ACTIVE)
    )


def _is_surely_once(order: OrderColumns) -> bool:
    """Return whether no PoD and quarter-hour is used twice at all, in options neither."""
    if not order.is_plain:
        return False
    spots = order.pod * SPAN + order.index
    if not order.is_simple:
        later = np.repeat([_after(entry) for entry in order.service.flexibility], order.lengths)
        spots = np.concatenate([spots, (spots + later)[later > 0]])
    return int(np.bincount(spots).max(initial=0)) <= 1


def _after(entry: Flexibility) -> int:
    """Return after how many quarter-hours what an entry moves comes back; 0 where nothing does."""
    rebound = None if entry.order is None else entry.order.rebound
    return 0 if rebound is None else rebound.after


def _repeated(service: FlexibilityService) -> Iterator[PlatoneError]:
    seen: dict[tuple[str, int], set[Place]] = {}
    for number, entry in enumerate(service.flexibility):
        place = place_of(number, entry.order)
        pods = dict.fromkeys(entry.pod or ())  # those behind a PoM are known once it is parted
        for spot in ((pod, index) for index in used_indices(entry) for pod in pods):
            others = seen.setdefault(spot, set())
            if place in others or any(place[0] is None or one[0] != place[0] for one in others):
                yield DuplicateIndex(
                    f"{spot[0]} has index {spot[1]} twice: offered, or since something comes back.",
                    pod=spot[0],
                    index=spot[1],
                )
            others.add(place)


def _pod(entry: Flexibility) -> str:
    return (entry.pod or [""])[0]
