"""Changes of lines of settlement, as rows that name each by its identifier under ``of_line``."""

from collections.abc import Iterable, Mapping

from platone.infra.packed import packed_json
from platone.market.domain.delivery import LineState
from platone.market.domain.metering import Metered
from platone.messages.ledger import PaidLine, SettlementLine


def ordered_changes(
    settlement_id: str, lines: Iterable[SettlementLine], metered: Mapping[str, Metered]
) -> list[dict[str, object]]:
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
