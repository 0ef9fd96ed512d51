"""Orders to the ledger as they are stored before they are sent, with what each line rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from platone.market.domain.metering import Metered
from platone.market.domain.validation import Spot
from platone.market.records.stored_line import StoredLine, StoredPayment
from platone.messages.ledger import SettlementLine, SettlementOrder
from platone.messages.recording import MeteredDay, OtherTrade

MOST_LINES = 10_000
"""Lines in one order to the ledger, as many as it takes."""


def payment_of(
    settlement_id: str,
    outcome_id: str,
    lines: Sequence[SettlementLine],
    days: Sequence[MeteredDay],
) -> StoredPayment:
    """Return a payment as it is decided; without an order where nothing was measured."""
    order = SettlementOrder(settlement_id=settlement_id, lines=list(lines)) if lines else None
    return StoredPayment(settlement_id, outcome_id, order, days)


def resting_on(
    ready: Iterable[StoredLine], all_lines: Sequence[StoredLine], metered: Mapping[Spot, Metered]
) -> dict[str, Metered]:
    """Return the basis of each trade's payment: its readings, and the trades beside it."""
    others = _other_trades(all_lines)
    return {
        each.line.line_id: replace(
            metered[each.line.spot],
            others=tuple(
                other
                for other in others.get(each.line.stack, ())
                if other.market_outcome != each.line.outcome_id
            ),
        )
        for each in ready
    }


def _other_trades(lines: Sequence[StoredLine]) -> dict[tuple[Spot, bool], list[OtherTrade]]:
    """Return all trades by PoD, quarter-hour and kind of power, in the order they were made."""
    found: dict[tuple[Spot, bool], list[OtherTrade]] = {}
    for each in lines:
        trade = OtherTrade(
            market_outcome=each.line.outcome_id,
            traded_at=each.traded_at,
            rank=each.line.rank,
            pod=each.line.pod,
            index=each.line.index,
            p_change=each.line.change_kw,
            reactive=each.line.reactive,
        )
        found.setdefault(each.line.stack, []).append(trade)
    return found
