"""The quarter-hours of points of delivery that an offer takes, each a bit of a whole number."""

from collections.abc import Iterator

import numpy as np

from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.order_terms import SPAN, used_indices
from platone.market.domain.power_kind import is_reactive
from platone.messages.market import Flexibility, FlexibilityService


def offered_spots(service: FlexibilityService) -> Iterator[tuple[str, int]]:
    """Yield the PoDs and quarter-hours of an offer, also those in which something comes back.

    Quarter-hours of reactive power are counted behind all of active power.
    """
    for entry in service.flexibility:
        first = _first(entry)
        for pod in entry.pod or ():
            for index in used_indices(entry):
                yield pod, first + index


def claims_of(order: OrderColumns) -> dict[str, int]:
    """Return the quarter-hours that an offer takes of each PoD, a bit for each index."""
    if order.is_simple:
        table = np.zeros((len(order.names), SPAN), dtype=np.bool_)
        table[order.pod, order.index] = True
        packed = np.packbits(table, axis=1, bitorder="little")
        return {
            name: int.from_bytes(row.tobytes(), "little")
            for name, row in zip(order.names, packed, strict=True)
        }
    found = dict.fromkeys(order.names, 0)
    for pod, index in offered_spots(order.service):
        found[pod] |= 1 << index
    return found


def _first(entry: Flexibility) -> int:
    """Return the number from which the quarter-hours of an entry's kind of power are counted."""
    return SPAN if is_reactive(entry) else 0


def claimed_indices(quarters: int) -> Iterator[int]:
    """Yield the indices whose bits are set, in rising order."""
    for index in range(quarters.bit_length()):
        if quarters >> index & 1:
            yield index
