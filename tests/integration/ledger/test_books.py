"""The market's books over REST: who owes what to whom, held against the chain."""

import sqlite3
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.ledger.test_contract_api import (
    OTHER,
    POD,
    agree,
    line,
    open_wallet,
    settle,
)

pytestmark = pytest.mark.both_databases

ACCOUNTS = "/api/books/accounts"
RECONCILIATION = "/api/books/reconciliation"
STATEMENT = "/api/books/statements/2021-06"


@pytest.fixture
async def traded(running: Any) -> Any:
    """UFTP's five lines of 14, 14, -4, -22 and -33 EUR: two for the DSO, three for the TSO."""
    await open_wallet(running)
    await open_wallet(running, OTHER, customerId="CUSTOMER-2")
    for pod in (POD, OTHER):
        assert (await agree(running, pod=pod)).status_code == 201
    lines = [
        line(number, measured, pod=pod, requesterId=requester)
        for number, (measured, pod, requester) in enumerate(
            [
                (7, POD, "DSO"),
                (8, OTHER, "DSO"),
                (9, POD, "TSO"),
                (10, POD, "TSO"),
                (11, POD, "TSO"),
            ]
        )
    ]
    await settle(running, "s-1", *lines)
    return running


async def accounts(client: Any) -> dict[tuple[str, str, str | None], str]:
    listed = (await client.get(ACCOUNTS)).json()["accounts"]
    return {(each["role"], each["partyId"], each.get("pod")): each["balance"] for each in listed}


async def test_each_line_books_who_asked_who_sold_and_who_delivered(traded: Any) -> None:
    """14 x 0.9 to each customer, 1.4 x 2 - 59 to the aggregator; who asked pays, or is due."""
    assert await accounts(traded.operator) == {
        ("requester", "DSO", None): "-28",
        ("requester", "TSO", None): "59",
        ("aggregator", "ACEAE", None): "-56.2",
        ("customer", "CUSTOMER-1", POD): "12.6",
        ("customer", "CUSTOMER-2", OTHER): "12.6",
    }
    assert (await traded.auditor.get(ACCOUNTS)).json()["sum"] == "0"


async def test_each_party_sees_its_own_accounts_and_no_others(traded: Any) -> None:
    tso = traded.client("TSO", "SystemOperator")
    assert await accounts(traded.dso) == {("requester", "DSO", None): "-28"}
    assert await accounts(tso) == {("requester", "TSO", None): "59"}
    assert await accounts(traded.aggregator) == {("aggregator", "ACEAE", None): "-56.2"}
    assert await accounts(traded.customer) == {("customer", "CUSTOMER-1", POD): "12.6"}
    assert await accounts(traded.rival) == {}
    assert (await traded.administrator.get(ACCOUNTS)).status_code == 403


async def test_a_statement_tells_each_line_with_the_reference_of_its_proof(traded: Any) -> None:
    told = (await traded.dso.get(STATEMENT)).json()
    assert (told["opening"], told["turnover"], told["closing"]) == ("0", "-28", "-28")
    assert [(each["reference"], each["amount"]) for each in told["lines"]] == [
        ("trade/0", "-14"),
        ("trade/1", "-14"),
    ]
    first = told["lines"][0]
    assert (first["aggregatorId"], first["pod"]) == ("ACEAE", POD)
    assert (first["deliveredKwh"], first["price"]) == ("2", "7")
    assert (first["paid"], first["penalty"]) == ("14", "0")
    assert first["customerSharePpm"] is None  # how the others share is theirs
    proof = await traded.dso.get(first["proof"])
    assert proof.status_code == 200
    assert proof.json()["claims"]["transactionHash"] == first["transactionHash"]
    assert (await traded.rival.get(first["proof"])).status_code == 404
    later = (await traded.dso.get(f"/api/books/statements/2021-07?after={first['entry']}")).json()
    assert (later["opening"], later["closing"], later["lines"]) == ("-28", "-28", [])


async def test_who_shares_computes_each_amount_from_its_line(traded: Any) -> None:
    for client, role in ((traded.aggregator, "aggregator"), (traded.customer, "customer")):
        lines = (await client.get(STATEMENT)).json()["lines"]
        assert lines
        for each in lines:
            share = Decimal(each["customerSharePpm"]) / 1_000_000
            net = Decimal(each["paid"]) - Decimal(each["penalty"])
            part = share if role == "customer" else 1 - share
            if net <= 0:
                part = Decimal(role == "aggregator")
            assert Decimal(each["amount"]) == part * net


async def test_statements_of_others_are_for_operator_and_auditor(traded: Any) -> None:
    mine = (await traded.aggregator.get(STATEMENT)).json()
    assert (await traded.auditor.get(f"{STATEMENT}?party=ACEAE")).json() == mine
    assert (await traded.operator.get(f"{STATEMENT}?party=ACEAE&role=aggregator")).json() == mine
    assert (await traded.dso.get(f"{STATEMENT}?party=ACEAE")).json()["partyId"] == "DSO"
    for client, query in ((traded.rival, ""), (traded.operator, "?party=ACEAE&role=customer")):
        answer = await client.get(STATEMENT + query)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/account-unknown")
    assert (await traded.dso.get("/api/books/statements/2021-13")).status_code == 422


async def test_the_books_agree_with_the_chain(traded: Any) -> None:
    told = (await traded.auditor.get(RECONCILIATION)).json()
    assert told["isReconciled"]
    assert (told["entries"], told["settlements"], told["differences"]) == (5, 1, [])
    assert (await traded.dso.get(RECONCILIATION)).status_code == 403


async def test_a_line_without_a_requester_is_the_operators(running: Any) -> None:
    await open_wallet(running)
    await agree(running)
    await settle(running, "s-1", line(0))
    assert (await accounts(running.operator))["requester", "MO", None] == "-14"
    assert (await running.operator.get(RECONCILIATION)).json()["isReconciled"]


TAMPERINGS = [
    ("UPDATE book_entry SET third_micro = third_micro + 1, first_micro = first_micro - 1",),
    ("DELETE FROM book_entry WHERE position = 3",),
    (
        "UPDATE account SET party = 'AB' WHERE party = 'DSO'",
        "UPDATE account SET party = 'DSO' WHERE party = 'TSO'",
        "UPDATE account SET party = 'TSO' WHERE party = 'AB'",
    ),
]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("statements", TAMPERINGS)
async def test_every_difference_is_named_and_fails_the_loop(
    traded: Any, statements: tuple[str, ...]
) -> None:
    """The books are altered behind the database's guards; the check says where."""
    with sqlite3.connect(traded.folder / "ledger.db") as connection:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(guards).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()
    told = (await traded.operator.get(RECONCILIATION)).json()
    assert not told["isReconciled"]
    assert told["differenceCount"] == len(told["differences"]) > 0
    named = " ".join(each["what"] for each in told["differences"])
    assert "settlement s-1" in named or "charges of DSO" in named
    with pytest.raises(Exception, match="differences"):
        await traded.ledger._reconcile.turn()


@pytest.mark.sqlite_only
async def test_what_the_contract_paid_and_no_book_has_is_named(traded: Any) -> None:
    """As after a copy of the records was brought back: the chain knows more."""
    with sqlite3.connect(traded.folder / "ledger.db") as connection:
        connection.execute("DROP TRIGGER book_entry_no_delete")
        connection.execute("DELETE FROM book_entry")
    connection.close()
    told = (await traded.operator.get(RECONCILIATION)).json()
    subjects = " ".join(each["what"] for each in told["differences"])
    for subject in ("settlement s-1", "lines of agreement", "charges of DSO", "charges of TSO"):
        assert subject in subjects


PAYMENTS = "/api/books/payments"


async def test_money_is_booked_once(traded: Any) -> None:
    payment = {"paymentId": "bank/1", "role": "requester", "partyId": "DSO", "amount": "27.99"}
    made = await traded.operator.post(PAYMENTS, json=payment)
    assert (made.status_code, made.json()["amount"]) == (201, "27.99")
    again = await traded.operator.post(PAYMENTS, json=payment)
    assert (again.status_code, again.json()) == (200, made.json())
    assert (await accounts(traded.dso))["requester", "DSO", None] == "-0.01"
    other = await traded.operator.post(PAYMENTS, json=payment | {"amount": "28"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/duplicate-identifier")
    unknown = await traded.operator.post(PAYMENTS, json=payment | {"partyId": "NOBODY"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/account-unknown")
    for amount in ("1e3", "nan", "0.1234567890123456789", "", "--1"):
        bad = await traded.operator.post(PAYMENTS, json=payment | {"amount": amount})
        assert bad.status_code == 422
    assert (await traded.aggregator.post(PAYMENTS, json=payment)).status_code == 403
    balances = await accounts(traded.operator)
    assert balances["bank", "MO", None] == "-27.99"
    assert sum(map(Decimal, balances.values())) == 0
    assert (await traded.operator.get(RECONCILIATION)).json()["isReconciled"]


async def test_what_no_book_can_hold_is_not_paid(running: Any) -> None:
    """A million million euro: named, and no other line waits for it."""
    await open_wallet(running)
    await agree(running)
    dear = {"price": 10**12, "ordered": -(10**13), "baseline": 2 * 10**13}
    told = await settle(running, "s-1", line(0, 10**7, **dear), line(1))
    assert [each.get("problem") for each in told["lines"]] == [
        "its amount is beyond what books hold",
        None,
    ]
    assert (await running.operator.get(RECONCILIATION)).json()["isReconciled"]
