"""Settling many lines by the rule, and writing what is told of them."""

from datetime import UTC, datetime, timedelta

import msgspec

from benchmarks.harness import Row, median_s
from platone.market.domain.delivery import DeliveryLine, quantify_all
from platone.market.domain.metering import Metered
from platone.market.domain.statement import pay_under, settlement_lines
from platone.messages.ledger import AgreementTerms

_LINES = 10_000
_START = datetime(2021, 6, 22, 22, tzinfo=UTC)


def _lines() -> list[DeliveryLine]:
    return [
        DeliveryLine(
            line_id=f"outcome.POD{number // 96:06d}.{number % 96}.0",
            outcome_id="outcome",
            pod=f"POD{number // 96:06d}",
            index=number % 96,
            starts=_START + timedelta(minutes=15 * (number % 96)),
            window_start=_START,
            rank=0,
            baseline_kw=5.0,
            total_kw=4.0,
            change_kw=-1.0,
            price=0.05,
            request_player_id="DSO",
            offer_player_id="AGG",
        )
        for number in range(_LINES)
    ]


def _tell(lines: list[DeliveryLine]) -> bytes:
    """Settle lines one by one, as the market does, and write what is told of them."""
    metered = {each.spot: Metered(1_000_000, "reading") for each in lines}
    quantities = quantify_all(lines, metered)
    terms = AgreementTerms(pod="POD000000", aggregator_id="AGG", customer_share_ppm=800_000)
    paid = {name: pay_under(each, terms) for name, each in quantities.items()}
    by_line = {each.line_id: metered[each.spot] for each in lines}
    return msgspec.json.encode(settlement_lines(lines, quantities, paid, by_line))


def measure() -> list[Row]:
    """Return the processor time of 10,000 lines, settled one by one."""
    lines = _lines()
    told_s = median_s(lambda: _tell(lines), runs=3)
    return [
        Row(
            "settlement: a line as the market tells it",
            told_s / _LINES * 1e6,
            "µs",
            note="quantities, payment, text; one by one, without readings, records and ledger",
        ),
    ]
