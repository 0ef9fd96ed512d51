"""The checks of terms: what links quarter-hours, and where something may be offered twice.

The options of a choice may be for the same point of delivery and quarter-hour, since one of them
is taken at most. All else is offered once, and what comes back takes a quarter-hour as well: so no
point of delivery has trades of both directions at once, but by two requests.
"""

from collections.abc import Iterator

from platone.kernel.errors import PlatoneError, raise_all
from platone.market.domain.problem.order import (
    DuplicateIndex,
    LinkedOrderNotTraded,
    OrderTermsInvalid,
)
from platone.messages.clearing import ClearingRules
from platone.messages.market import Flexibility, FlexibilityService, PowerKind, ServiceType
from platone.messages.order import OrderTerms

Place = tuple[str | None, str | int]
"""The choice that an entry is an option of, and its block or number among the entries."""


def check_terms(service: FlexibilityService, rules: ClearingRules) -> None:
    """Check the terms of the entries of an offer or a request.

    Raises:
        LinkedOrderNotTraded: The market takes none.
        OrderTermsInvalid: They contradict each other, or are none of its kind.
    """
    raise_all(_term_problems(service, rules))


def check_offered_once(service: FlexibilityService) -> None:
    """Check that an offer is for each PoD and quarter-hour once, but for options of one choice.

    Raises:
        DuplicateIndex: It is not.
    """
    raise_all(_repeated(service))


def place_of(number: int, terms: OrderTerms | None) -> Place:
    """Return the choice and the option that an entry belongs to, by its number in the message."""
    if terms is None:
        return None, number
    return terms.option_of, terms.block or number


def used_indices(entry: Flexibility) -> Iterator[int]:
    """Yield the quarter-hours of an offer's entry, and those in which what it moved comes back."""
    rebound = None if entry.order is None else entry.order.rebound
    for point in entry.power:
        yield point.index
        if rebound is not None:
            yield point.index + rebound.after


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


def _repeated(service: FlexibilityService) -> Iterator[PlatoneError]:
    seen: dict[tuple[str, int], set[Place]] = {}
    for number, entry in enumerate(service.flexibility):
        place = place_of(number, entry.order)
        for index in used_indices(entry):
            spot = _pod(entry), index
            others = seen.setdefault(spot, set())
            if place in others or any(place[0] is None or one[0] != place[0] for one in others):
                yield DuplicateIndex(
                    f"{spot[0]} has index {index} twice: offered, or since something comes back.",
                    pod=spot[0],
                    index=index,
                )
            others.add(place)


def _pod(entry: Flexibility) -> str:
    return (entry.pod or [""])[0]
