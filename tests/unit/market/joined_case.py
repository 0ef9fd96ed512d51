"""Quarter-hours of a small session that are decided together, as the market does it."""

from collections.abc import Sequence

import numpy as np

from platone.market.domain.asked import Solved, list_asked
from platone.market.domain.linked_orders import link_orders
from platone.market.domain.linked_program import Quarter, UnitResult, solve_joined
from platone.market.domain.offer_book import book_offers
from platone.market.domain.order_book import list_asks, tabulate
from platone.messages.clearing import GridLimit, Product
from platone.messages.market import RecordedSession

EUR = 1e6
"""Steps in which gains are counted."""
NEAR = 1.0
"""A step: places in the order add a hundredth of one."""


def joined(
    made: RecordedSession,
    indices: Sequence[int],
    limits: Sequence[GridLimit] = (),
    product: Product | None = None,
) -> tuple[dict[int, Solved], dict[str, UnitResult], dict[int, dict[str, float]]]:
    """The solutions by quarter-hour, the units by name, and volumes by quarter-hour and PoD."""
    table = tabulate(made.pods)
    book, asks = book_offers(made, table), list_asks(made, table)
    orders = link_orders(book, asks, table, 96, product or Product())
    _, order = book.merit_order()
    quarters = []
    for index in indices:
        places = np.flatnonzero(book.index[order] == index)
        rows = order[places]
        asked = list_asked(index, book, rows, asks, limits, table)
        quarters.append(Quarter(index, int(places[0]) if len(places) else 0, rows, asked))
    solutions, results = solve_joined(quarters, orders, book)
    volumes = {
        quarter.index: {
            table.pods[book.pod[row]].pod_id: volume
            for row, volume in zip(quarter.rows.tolist(), solved.volume_kw.tolist(), strict=True)
        }
        for quarter, solved in zip(quarters, solutions, strict=True)
    }
    told = dict(zip(indices, solutions, strict=True))
    return told, {each.unit.name: each for each in results}, volumes
