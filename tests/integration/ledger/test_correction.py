"""Thresholds of agreements, and lines that correct others, over REST."""

from typing import Any

import pytest
from tests.integration.ledger.test_contract_api import (
    MICRO,
    TOKEN,
    agree,
    balance,
    line,
    open_wallet,
    settle,
)

from platone.ledger.domain.verification import verify_proof

pytestmark = pytest.mark.both_databases


async def test_an_agreement_keeps_its_thresholds(running: Any) -> None:
    """No payment below 75 %: 1.5 of 2 kWh are paid, 1.4 are not; the penalty is due for both."""
    await open_wallet(running)
    made = await agree(running, leastDeliveryPpm=750_000, penaltyPrice=MICRO)
    assert made.status_code == 201
    assert (made.json()["leastDeliveryPpm"], made.json()["fullDeliveryPpm"]) == (750_000, 0)
    receipt = await settle(running, "s-1", line(1, 8.5), line(2, 8.6))
    paid = [(each["paid"] / TOKEN, each["penalty"] / TOKEN) for each in receipt["lines"]]
    assert paid == [(10.5, 0.5), (0, 0.6)]
    assert [each["leastDeliveryPpm"] for each in receipt["lines"]] == [750_000] * 2
    other = await agree(running, leastDeliveryPpm=500_000, penaltyPrice=MICRO)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/agreement-active")


async def test_a_payment_slides(running: Any) -> None:
    """From nothing at half of what was ordered to all of it: 1.5 of 2 kWh are paid as 1."""
    await open_wallet(running)
    await agree(running, leastDeliveryPpm=500_000, fullDeliveryPpm=1_000_000, penaltyPrice=0)
    receipt = await settle(running, "s-1", *(line(n, m) for n, m in enumerate((9, 8.5, 8, 7))))
    assert [each["paid"] / TOKEN for each in receipt["lines"]] == [0, 7, 14, 14]


@pytest.fixture
async def agreed(running: Any) -> Any:
    await open_wallet(running)
    await agree(running)
    return running


async def test_of_a_correction_the_difference_is_settled(agreed: Any) -> None:
    """14 were paid, then 1 of 2 kWh are found missing: -4; the line itself stays as it is."""
    await settle(agreed, "s-1", line(1, 9.5))
    await settle(agreed, "s-2", line(2, 8))
    assert (await balance(agreed.customer)).json()["balance"] == "12.6"
    corrected = line(2, 9) | {"lineId": "trade/2.v2", "corrects": "trade/2"}
    (answer,) = (await settle(agreed, "s-3", corrected))["lines"]
    assert (answer["paid"] - answer["penalty"]) / TOKEN == -4
    assert (answer["customerTokens"], answer["owed"] / TOKEN) == (0, 18)
    assert (await balance(agreed.customer)).json()["balance"] == "12.6"
    kept = await agreed.operator.get("/api/contracts/settlements/s-2")
    assert kept.json()["lines"][0]["customerTokens"] / TOKEN == 12.6


async def test_a_better_measurement_is_paid_on_top(agreed: Any) -> None:
    await settle(agreed, "s-1", line(1, 8.25))  # 1.75 delivered, 0.25 missing: 12.25 - 2.75
    assert (await balance(agreed.customer)).json()["balance"] == "8.55"
    corrected = line(1, 8) | {"lineId": "trade/1.v2", "corrects": "trade/1"}
    (answer,) = (await settle(agreed, "s-2", corrected))["lines"]
    assert (answer["customerTokens"] + answer["aggregatorTokens"]) / TOKEN == 4.5
    assert (await balance(agreed.customer)).json()["balance"] == "12.6"
    stated = (await agreed.aggregator.get("/api/contracts/agreements")).json()["agreements"]
    lines = await agreed.aggregator.get(
        f"/api/contracts/agreements/{stated[0]['agreementId']}/lines"
    )
    assert [each["line"]["corrects"] for each in lines.json()["lines"]] == [None, "trade/1"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"corrects": "trade/9"}, "which is not settled"),
        ({"startTime": "2021-06-22T01:00:00Z"}, "which is of another trade"),
    ],
)
async def test_a_correction_is_of_a_settled_line(
    agreed: Any, changes: dict[str, str], why: str
) -> None:
    await settle(agreed, "s-1", line(1))
    wrong = line(1, 9) | {"lineId": "trade/1.v2", "corrects": "trade/1"} | changes
    (answer,) = (await settle(agreed, "s-2", wrong))["lines"]
    assert why in answer["problem"]


async def test_a_line_is_corrected_once_and_then_its_correction(agreed: Any) -> None:
    await settle(agreed, "s-1", line(1))
    second = line(1, 8.5) | {"lineId": "trade/1.v2", "corrects": "trade/1"}
    assert (await settle(agreed, "s-2", second))["lines"][0]["problem"] is None
    again = line(1, 9) | {"lineId": "trade/1.v3", "corrects": "trade/1"}
    (answer,) = (await settle(agreed, "s-3", again))["lines"]
    assert "was corrected before" in answer["problem"]
    third = line(1, 9) | {"lineId": "trade/1.v3", "corrects": "trade/1.v2"}
    (answer,) = (await settle(agreed, "s-4", third))["lines"]
    assert answer["problem"] is None
    assert answer["owed"] / TOKEN == 9  # from 5 to -4


async def test_who_owed_a_penalty_is_relieved_of_it(agreed: Any) -> None:
    """-22 owed, then 14 earned: the customer shares the 14, the 22 are the aggregator's."""
    (answer,) = (await settle(agreed, "s-1", line(1, 10)))["lines"]
    assert answer["owed"] / TOKEN == 22
    better = line(1, 8) | {"lineId": "trade/1.v2", "corrects": "trade/1"}
    (answer,) = (await settle(agreed, "s-2", better))["lines"]
    assert answer["problem"] is None
    told = {name: answer[name] / TOKEN for name in ("customerTokens", "aggregatorTokens")}
    assert told == {"customerTokens": 12.6, "aggregatorTokens": 1.4}
    assert (answer["relieved"] / TOKEN, answer["owed"]) == (22, 0)
    assert (await balance(agreed.customer)).json()["balance"] == "12.6"
    accounts = (await agreed.operator.get("/api/books/accounts")).json()
    told = {each["role"]: each["balance"] for each in accounts["accounts"]}
    assert told == {"requester": "-14", "aggregator": "1.4", "customer": "12.6"}
    checked = (await agreed.operator.get("/api/books/reconciliation")).json()
    assert checked["isReconciled"], checked


async def test_a_corrected_line_has_a_proof_that_tells_both(agreed: Any) -> None:
    await settle(agreed, "s-1", line(1, 10))
    better = line(1, 9) | {"lineId": "trade/1.v2", "corrects": "trade/1"}
    await settle(agreed, "s-2", better)
    answer = await agreed.auditor.get(
        "/api/certification/proof/trade/1.v2", params={"statement": "true"}
    )
    assert answer.status_code == 200, answer.text
    verified = verify_proof(answer.content)
    assert verified.valid, verified
    assert verified.claims is not None
    payment = verified.claims.payment
    assert payment is not None
    assert (payment.net, payment.net_before) == (-4 * 10**12, -22 * 10**12)
    assert payment.total.relieved == 18 * 10**12
    assert payment.total.is_recomputed


async def test_what_is_owed_and_what_is_relieved_are_entries_of_their_own(agreed: Any) -> None:
    """Of three corrections one owes 18 more, one relieves of 22, and one owes 9: all proven."""
    await settle(agreed, "s-1", line(1, 8), line(2, 10), line(3, 8.5))
    changes = [
        line(number, measured) | {"lineId": f"trade/{number}.v2", "corrects": f"trade/{number}"}
        for number, measured in ((1, 9), (2, 8), (3, 9))
    ]
    receipt = await settle(agreed, "s-2", *changes)
    assert [each["problem"] for each in receipt["lines"]] == [None] * 3
    assert [each["owed"] / TOKEN for each in receipt["lines"]] == [18, 0, 9]
    assert [each["relieved"] / TOKEN for each in receipt["lines"]] == [0, 22, 0]
    assert len(receipt["transactionHashes"]) == 2, "a proof finds an entry by its transaction"
    for number, place in ((1, 4), (3, 5), (2, 6)):
        path = f"/api/certification/proof/trade/{number}.v2?statement=true"
        answer = await agreed.operator.get(path)
        report = verify_proof(answer.content)
        assert report.valid, [check for check in report.checks if not check.passed]
        assert report.claims is not None
        assert report.claims.payment is not None
        assert report.claims.payment.number == place
    checked = (await agreed.operator.get("/api/books/reconciliation")).json()
    assert checked["isReconciled"], checked
