"""The names of trades that stand or fall together: units, and activations that last."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from platone.market.domain.linked_activation import Activation
from platone.market.domain.linked_program import UnitResult
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import PodTable


@dataclass(frozen=True, slots=True)
class LinkNames:
    """The names of what stands or falls together in an outcome.

    Attributes:
        trades: The name of each linked trade, by PoD, quarter-hour, party and offer.
        units: The name of each unit, by its first row in the book.
    """

    trades: Mapping[tuple[str, int, str, str], str]
    units: Mapping[int, str]


def name_links(
    results: Sequence[UnitResult],
    activations: Sequence[Activation],
    sold: Collection[int],
    book: OfferBook,
    table: PodTable,
) -> LinkNames:
    """Return the names of what stands or falls together: units, and activations over them.

    Args:
        results: The units.
        activations: Those that last a number of quarter-hours.
        sold: The rows of the book of which anything is sold.
        book: The offers.
        table: The points of delivery.
    """
    groups = [
        (each.unit.name, set(each.unit.rows))
        for each in results
        if each.share > 0 and each.unit.stands_together
    ]
    for activation in activations:
        if activation.least > 1:
            for start, rows in activation.taken(sold):
                groups = _with_group(groups, f"activation-{start}", set(rows))
    by_row = {row: name for name, rows in groups for row in rows}
    units = {each.unit.rows[0]: each.unit for each in results}
    return LinkNames(
        {_key(row, book, table): name for row, name in by_row.items()},
        {row: by_row.get(row, unit.name) for row, unit in units.items()},
    )


def _with_group(
    groups: Sequence[tuple[str, set[int]]], name: str, rows: set[int]
) -> list[tuple[str, set[int]]]:
    """Return groups with one more; those that share a row with it become one, of the first name."""
    touched = [each for each in groups if each[1] & rows]
    together = rows.union(*(others for _, others in touched))
    name = touched[0][0] if touched else name
    return [*(each for each in groups if not each[1] & rows), (name, together)]


def _key(row: int, book: OfferBook, table: PodTable) -> tuple[str, int, str, str]:
    offer = book.services[int(book.service[row])]
    pod = table.pods[int(book.pod[row])].pod_id
    return pod, int(book.index[row]), offer.player_id, offer.player_service_id
