"""What came of requests and offers, counted by hand on the trades of the field test (D3.6)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from platone.dashboard.domain.sale import bought_of, sale_of, sum_of, times_of
from platone.dashboard.domain.trade import PaidRow, trade_rows
from platone.kernel.market_time import MarketDay
from platone.messages.market import RecordedService
from platone.messages.outcome import ValidatedPod
from platone.messages.settlement import MeasuredPower

DAY = MarketDay.holding(datetime(2021, 6, 23, 10, tzinfo=UTC))


def pod(name: str, asked_by: str | None, change: float | None, **more: Any) -> ValidatedPod:
    power = {"index": 50, "playerServiceId": f"offer-{name}", "playerOfferId": "ACEAE"}
    power |= {"acceptedPValue": None} | more
    if change is not None:
        power |= {"acceptedPChange": change, "acceptedPValue": 1.0, "playerRequestId": asked_by}
        power |= {"requestServiceId": f"of-{asked_by}"}
    return msgspec.convert({"pod": name, "power": [power]}, ValidatedPod)


def request(party: str, name: str) -> RecordedService:
    told = {
        "playerId": party,
        "playerServiceId": name,
        "serviceType": "DSO_request",
        "marketType": "dayAhead",
        "startTime": "2021-06-22T22:00:00Z",
        "revision": 1,
        "flexibility": [
            {"pod": ["IT002E61899978"], "power": [{"index": 50, "p": 1, "pPrice": 0.1}]},
            {"pod": ["IT002E60974469"], "power": [{"index": 50, "p": 1, "pPrice": 0.1}]},
        ],
    }
    return msgspec.convert(told, RecordedService)


CUT = {
    "rejectionTypeP": "gridLimit",
    "cuts": [{"element": "l", "kind": "current", "value": 30.07, "limit": 19.6, "unit": "A"}],
}
DAY_TRADED = [
    pod("IT002E61899978", "DSO", -1000.0),
    pod("IT002E60974469", "DSO", -376.74, rejectionTypeP="partlyNeeded"),
    pod("IT002E60550189", "TSO", 137.28, **CUT),
    pod("IT002E60499620", None, None, rejectionTypeP="noRequest"),
]


def test_a_request_is_told_its_own_trades_in_quarter_hours() -> None:
    """Two customers in one quarter-hour are one; the TSO's trade is none of the DSO's."""
    bought = bought_of(request("DSO", "of-DSO"), DAY_TRADED)
    assert (bought.quarter_hours, round(bought.kwh, 3)) == (1, -344.185)
    assert bought_of(request("TSO", "of-TSO"), DAY_TRADED).kwh == 137.28 / 4
    assert bought_of(request("DSO", "another"), DAY_TRADED).quarter_hours == 0
    assert times_of(request("DSO", "of-DSO")) == 1


def test_offers_that_the_grid_cut_are_told_apart() -> None:
    sold = sale_of(trade_rows(DAY_TRADED, DAY))
    assert (sold.taken, sold.in_part, sold.cut, sold.refused) == (1, 1, 1, 1)
    assert round(sold.kwh, 3) == 378.505


def test_sums_are_exact() -> None:
    paid = [(0.1, 0.0, "0.08"), (0.2, 0.05, "0.12")]
    rows = [
        PaidRow(
            "a", DAY.start, msgspec.structs.replace(_LINE, paid_p=p, penalty_p=q, customer_tokens=t)
        )
        for p, q, t in paid
    ]
    found = sum_of(rows)
    assert (found.net_eur, found.tokens, found.rest_eur) == (
        Decimal("0.25"),
        Decimal("0.20"),
        Decimal("0.05"),
    )


def test_nothing_was_credited_where_no_tokens_are_told() -> None:
    found = sum_of([PaidRow("a", DAY.start, msgspec.structs.replace(_LINE, paid_p=0.3))])
    assert (found.paid_eur, found.tokens, found.rest_eur) == (
        Decimal("0.3"),
        Decimal(0),
        Decimal("0.3"),
    )


_LINE = msgspec.convert(
    {
        "index": "50",
        "requestedP": 0,
        "measuredP": 0,
        "baselineP": 0,
        "changeP": -1.0,
        "referenceP": 0,
        "priceP": 0,
        "paidP": 0,
        "penaltyP": 0,
        "requestPlayerId": "DSO",
        "offerPlayerId": "ACEAE",
        "status": "settled",
    },
    MeasuredPower,
)
