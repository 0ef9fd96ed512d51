"""Lines of settlement as rows; changes of them name each by its identifier under ``of_line``."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from platone.infra.packed import packed_json
from platone.market.domain.delivery import DeliveryLine, LineState
from platone.market.domain.metering import Metered
from platone.messages.ledger import PaidLine, SettlementLine


def line_rows(
    lines: Iterable[DeliveryLine], traded_at: datetime, window_ends: Mapping[datetime, datetime]
) -> list[dict[str, object]]:
    """Return the rows of new lines.

    Args:
        lines: The lines.
        traded_at: When the gate of their session closed.
        window_ends: The end of each window, by its start.
    """
    return [
        {
            "line_id": each.line_id,
            "outcome_id": each.outcome_id,
            "pod": each.pod,
            "starts": each.starts,
            "traded_at": traded_at,
            "window_start": each.window_start,
            "window_end": window_ends[each.window_start],
            "rank": each.rank,
            "state": LineState.OPEN.value,
            "document": packed_json(each),
        }
        for each in lines
    ]


def ordered_changes(
    settlement_id: str, lines: Iterable[SettlementLine], metered: Mapping[str, Metered]
) -> list[dict[str, Any]]:
    """Return the changes of lines that are ordered to be paid, with what each rests on."""
    return [
        {
            "of_line": each.line_id,
            "state": LineState.ORDERED.value,
            "quantity": packed_json(each),
            "metered": packed_json(metered[each.line_id]),
            "settlement_id": settlement_id,
        }
        for each in lines
    ]


def answered_changes(lines: Iterable[PaidLine]) -> list[dict[str, object]]:
    """Return the changes of lines that the ledger has answered."""
    return [
        {
            "of_line": each.line_id,
            "state": LineState.of_answer(each).value,
            "payment": packed_json(each),
        }
        for each in lines
    ]
