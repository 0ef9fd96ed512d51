"""Settling many lines by the rule, and writing what is told of them."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from benchmarks.harness import Row, median_s, paired_s
from platone.market.domain.delivery import DeliveryLine, quantify_all
from platone.market.domain.metering import Metered
from platone.market.domain.settlement import Integers
from platone.market.domain.settlement_column import (
    prices_in_micro_eur,
    quantities_of,
    settle_columns,
)
from platone.market.domain.statement import pay_all, settlement_lines
from platone.messages.ledger import AgreementTerms

_LINES = 10_000
_PODS, _QUARTER_HOURS = 100_000, 96
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
    """Settle lines as the market does, and write what is told of them."""
    metered = {each.spot: Metered(1_000_000, "reading") for each in lines}
    quantities = quantify_all(lines, metered)
    terms = AgreementTerms(pod="POD000000", aggregator_id="AGG", customer_share_ppm=800_000)
    lines_due = list(quantities.values())
    payments = pay_all(lines_due, [terms] * len(lines_due), [0] * len(lines_due))
    paid = dict(zip(quantities, payments, strict=True))
    by_line = {each.line_id: metered[each.spot] for each in lines}
    return msgspec.json.encode(settlement_lines(lines, quantities, paid, by_line))


class _Day:
    """A market day in which each point of delivery sells in each quarter-hour, in columns."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.stacks = _PODS * _QUARTER_HOURS
        self.baseline_kw = rng.normal(5, 3, self.stacks)
        self.change_kw = rng.choice([-1.0, -0.5, 0.75], self.stacks)
        delivered = rng.uniform(0.5, 1.1, self.stacks)
        wh = np.rint((self.baseline_kw + self.change_kw * delivered) * 250)
        self.measured = wh.astype(np.int64) * 1000
        self.price = np.round(rng.uniform(0.02, 0.2, self.stacks), 4)
        self.terms = rng.integers(0, 50_000, self.stacks)

    def settle(self) -> Integers:
        """Settle the day by the product's rule; return what each point of delivery is paid."""
        quantities = quantities_of(
            stack=np.arange(self.stacks),
            rank=np.zeros(self.stacks, dtype=np.intp),
            baseline_kw=self.baseline_kw,
            change_kw=self.change_kw,
            baseline=None,
            measured=self.measured,
        )
        amounts = settle_columns(
            reference=quantities.reference,
            ordered=quantities.ordered,
            measured=quantities.measured,
            price=prices_in_micro_eur(self.price),
            penalty_price=self.terms,
            least_delivery_ppm=np.array(0),
            full_delivery_ppm=np.array(0),
        )
        return np.asarray(amounts.net.reshape(_PODS, _QUARTER_HOURS).sum(axis=1))

    def bare(self) -> Integers:
        """Return the same by the formula alone: floats rounded as they are, nothing checked."""
        reference = np.rint(self.baseline_kw * 250_000).astype(np.int64)
        last = np.rint((self.baseline_kw + self.change_kw) * 250_000).astype(np.int64)
        price = np.rint(self.price * 1e6).astype(np.int64)
        ordered = last - reference
        change = np.sign(-ordered) * (reference - self.measured)
        delivered = np.clip(change, 0, np.abs(ordered))
        missing = np.maximum(np.abs(ordered) - change, 0)
        net = price * delivered - self.terms * missing
        return np.asarray(net.reshape(_PODS, _QUARTER_HOURS).sum(axis=1))


def _day() -> Row:
    day = _Day()
    assert np.array_equal(day.settle(), day.bare())
    settled_s, bare_s = paired_s(day.settle, day.bare, runs=3)
    return Row(
        "settlement: a day of 100,000 PoDs",
        settled_s,
        "s",
        "bare numpy",
        bare_s,
        f"{day.stacks:,} lines in columns: powers, prices, rounding, rule, sums; the goal is 10 s",
    )


def measure() -> list[Row]:
    """Return the time of a large day in columns, and of lines told one by one."""
    lines = _lines()
    told_s = median_s(lambda: _tell(lines), runs=3)
    return [
        _day(),
        Row(
            "settlement: a line as the market tells it",
            told_s / _LINES * 1e6,
            "µs",
            note="quantities, payment, text; a record each, without readings, database and ledger",
        ),
    ]
