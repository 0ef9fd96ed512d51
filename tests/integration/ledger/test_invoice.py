"""Invoices and credit notes: numbered without gap, never changed, every line with its proof."""

import csv
import io
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from tests.integration.ledger.test_books import traded as traded  # noqa: PLC0414 - a fixture
from tests.integration.ledger.test_contract_api import line, settle

pytestmark = pytest.mark.both_databases

INVOICES = "/api/books/invoices"
JULY = datetime(2021, 7, 2, tzinfo=UTC)
MONTH = {"month": "2021-06"}


@pytest.fixture
async def billed(traded: Any) -> Any:
    traded.ledger._clock.move_to(JULY)
    made = await traded.operator.post(INVOICES, json=MONTH)
    assert made.status_code == 201, made.text
    return traded


async def listed(client: Any) -> dict[tuple[str, str], dict[str, Any]]:
    documents = (await client.get(INVOICES)).json()["invoices"]
    return {(each["role"], each["partyId"]): each for each in reversed(documents)}


async def test_a_month_is_billed_to_each_of_its_parties(billed: Any) -> None:
    found = await listed(billed.operator)
    told = {name: (each["kind"], each["payable"]) for name, each in found.items()}
    assert told == {
        ("aggregator", "ACEAE"): ("invoice", "-56.2"),
        ("customer", "CUSTOMER-1"): ("selfBilling", "12.6"),
        ("customer", "CUSTOMER-2"): ("selfBilling", "12.6"),
        ("requester", "DSO"): ("invoice", "-28"),
        ("requester", "TSO"): ("selfBilling", "59"),
    }
    assert sorted(each["number"] for each in found.values()) == [1, 2, 3, 4, 5]
    assert sum(Decimal(each["payable"]) for each in found.values()) == 0


async def test_netting_tells_each_counterparty_and_bills_one_amount(billed: Any) -> None:
    """ACEAE earns 2.8 by the DSO's lines, and owes 59 for the TSO's."""
    number = (await listed(billed.aggregator))["aggregator", "ACEAE"]["number"]
    netting = (await billed.aggregator.get(f"{INVOICES}/{number}")).json()["invoice"]["netting"]
    assert netting == [
        {"counterpartyId": "DSO", "earned": "2.8", "owed": "0", "net": "2.8"},
        {"counterpartyId": "TSO", "earned": "0", "owed": "59", "net": "-59"},
    ]


async def test_what_is_billed_is_not_billed_again(billed: Any) -> None:
    again = await billed.operator.post(INVOICES, json=MONTH)
    assert (again.status_code, again.json()["invoices"]) == (200, [])


async def test_a_correction_is_a_document_of_its_own(billed: Any) -> None:
    """Late lines of June: the DSO pays more by a second invoice, the TSO is due less."""
    first = {name: each["number"] for name, each in (await listed(billed.operator)).items()}
    before = await documents(billed)
    late = [line(20, 8, requesterId="DSO"), line(21, 8, requesterId="TSO")]
    await settle(billed, "s-2", *late)
    made = (await billed.operator.post(INVOICES, json=MONTH)).json()["invoices"]
    told = {
        (each["role"], each["partyId"]): (each["kind"], each["corrects"], each["payable"])
        for each in made
    }
    assert told == {
        ("aggregator", "ACEAE"): ("creditNote", first["aggregator", "ACEAE"], "2.8"),
        ("customer", "CUSTOMER-1"): ("selfBilling", first["customer", "CUSTOMER-1"], "25.2"),
        ("requester", "DSO"): ("invoice", first["requester", "DSO"], "-14"),
        ("requester", "TSO"): ("creditNote", first["requester", "TSO"], "-14"),
    }
    assert [each["number"] for each in made] == [6, 7, 8, 9]
    after = await documents(billed)
    assert {number: after[number] for number in before} == before


async def documents(billed: Any) -> dict[int, tuple[bytes, bytes, bytes]]:
    """All documents in all their forms, byte by byte."""
    numbers = [each["number"] for each in (await billed.operator.get(INVOICES)).json()["invoices"]]
    forms = ("json", "csv", "pdf")
    return {
        number: tuple(
            [
                (await billed.operator.get(f"{INVOICES}/{number}?format={form}")).content
                for form in forms
            ]
        )
        for number in numbers
    }


async def test_rounding_to_cents_is_set_right_by_the_next_document(traded: Any) -> None:
    """A third of a cent three times: 0, 1 and 0 cents in place of nothing at all."""
    payable = []
    for month, number in ((7, 30), (8, 31), (9, 32)):
        traded.ledger._clock.move_to(datetime(2021, month, 2, tzinfo=UTC))
        price = 1667  # 2 kWh at 0.001667 EUR/kWh: a third of a cent
        await settle(traded, f"r-{number}", line(number, 8, price=price, requesterId="RTO"))
        await traded.operator.post(INVOICES, json=MONTH)
        newest = (await traded.client("RTO", "SystemOperator").get(INVOICES)).json()["invoices"][0]
        assert newest["amount"] == "-0.003334"
        payable.append(newest["payable"])
    assert payable == ["0", "-0.01", "0"]


async def test_a_month_that_is_not_over_is_not_billed(traded: Any) -> None:
    refused = await traded.operator.post(INVOICES, json=MONTH)
    assert (refused.status_code, refused.json()["type"]) == (425, "/problems/month-not-over")
    # by the market's zone June ends two hours before it does in UTC
    traded.ledger._clock.move_to(datetime(2021, 6, 30, 21, 59, tzinfo=UTC))
    assert (await traded.operator.post(INVOICES, json=MONTH)).status_code == 425
    traded.ledger._clock.move_to(datetime(2021, 6, 30, 22, 0, tzinfo=UTC))
    assert (await traded.operator.post(INVOICES, json=MONTH)).status_code == 201
    assert (await traded.operator.post(INVOICES, json={"month": "2021-6"})).status_code == 422
    assert (await traded.dso.post(INVOICES, json=MONTH)).status_code == 403


async def test_each_party_reads_its_own_documents_and_no_others(billed: Any) -> None:
    every = await listed(billed.auditor)
    for (_, party), document in every.items():
        for client, name in (
            (billed.dso, "DSO"),
            (billed.client("TSO", "SystemOperator"), "TSO"),
            (billed.aggregator, "ACEAE"),
            (billed.customer, "CUSTOMER-1"),
            (billed.rival, "ACEAE_2"),
        ):
            for form in ("json", "csv", "pdf"):
                answer = await client.get(f"{INVOICES}/{document['number']}?format={form}")
                assert answer.status_code == (200 if name == party else 404)
            assert {each for _, each in await listed(client)} <= {name}
    assert (await billed.administrator.get(INVOICES)).status_code == 403
    assert (await billed.operator.get(f"{INVOICES}/99")).json()[
        "type"
    ] == "/problems/invoice-unknown"


async def test_the_table_has_every_line_with_its_proof(billed: Any) -> None:
    number = (await listed(billed.dso))["requester", "DSO"]["number"]
    answer = await billed.dso.get(f"{INVOICES}/{number}", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["reference"], row["amount"]) for row in rows] == [
        ("trade/0", "-14"),
        ("trade/1", "-14"),
    ]
    for row in rows:
        proof = (await billed.dso.get(row["proof"])).json()
        assert proof["claims"]["transactionHash"] == row["transactionHash"]


async def test_the_pages_say_the_same(billed: Any) -> None:
    """Read by another library."""
    document = (await listed(billed.aggregator))["aggregator", "ACEAE"]
    path = f"{INVOICES}/{document['number']}"
    answer = await billed.aggregator.get(path, headers={"Accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(answer.content), strict=True)
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert f"Invoice {document['number']:06d}" in text
    assert "To be paid by ACEAE" in text
    assert "EUR 56.20" in text
    assert document["contentHash"] in text
    lines = (await billed.aggregator.get(path)).json()["lines"]
    assert len(lines) == 5
    for each in lines:
        for shown in (each["reference"], each["transactionHash"], each["pod"]):
            assert shown in text
    # the first quarter-hour of 2021-06-22 in UTC is 2 o'clock in the market's zone
    assert "2021-06-22 02:00" in text


async def test_many_lines_take_many_pages(traded: Any) -> None:
    late = [line(number, 8, requesterId="DSO") for number in range(20, 95)]
    await settle(traded, "s-3", *late)
    traded.ledger._clock.move_to(JULY)
    await traded.operator.post(INVOICES, json=MONTH)
    number = (await listed(traded.dso))["requester", "DSO"]["number"]
    file = (await traded.dso.get(f"{INVOICES}/{number}?format=pdf")).content
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file), strict=True).pages]
    assert len(pages) == 4
    for place, page in enumerate(pages, 1):
        assert f"page {place} of 4" in page
    assert all("\n".join(pages).count(f"trade/{number}  no.") == 1 for number in range(20, 95))


SKIPPING = (
    "INSERT INTO document SELECT number + 7, kind, role, party, month, issued_at, corrects, micro, "
    "rest, cents, line_count, digest FROM document WHERE number = 1"
)
GUARDED = [
    "UPDATE document SET cents = 0",
    "UPDATE document SET month = '2021-05' WHERE number = 1",
    "DELETE FROM document WHERE number = 5",
    "UPDATE document_line SET number = 2",
    "DELETE FROM document_line",
    SKIPPING,
]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("statement", GUARDED)
async def test_the_database_keeps_documents_as_they_are(billed: Any, statement: str) -> None:
    with (
        sqlite3.connect(billed.folder / "ledger.db") as connection,
        pytest.raises(sqlite3.IntegrityError, match=r"not changed|not deleted|consecutive"),
    ):
        connection.execute(statement)
    connection.close()
