"""Statements and invoices as files: every sum is the books', read by other programs."""

import asyncio
import csv
import io
import itertools
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdf
import pytest
from tests.integration.ledger.test_books import ACCOUNTS, STATEMENT
from tests.integration.ledger.test_books import traded as traded  # noqa: PLC0414 - a fixture
from tests.integration.ledger.test_books_command import server_folder
from tests.integration.ledger.test_contract_api import MICRO, OTHER, POD, line, settle
from tests.integration.ledger.test_invoice import INVOICES, JULY, MONTH
from typer.testing import CliRunner

from platone.bootstrap.kept_setting import remember_settings
from platone.cli import app
from platone.settings import Settings

PARTIES = [
    ("DSO", "requester", "SystemOperator"),
    ("TSO", "requester", "SystemOperator"),
    ("ACEAE", "aggregator", "FlexibilityServiceProvider"),
    ("CUSTOMER-1", "customer", "Customer"),
    ("CUSTOMER-2", "customer", "Customer"),
]


@pytest.fixture
async def busy(traded: Any) -> Any:
    """Forty more lines with odd prices and energies, and two payments."""
    rng = random.Random(7)  # noqa: S311 - a test's lines
    lines = [
        line(
            number,
            rng.randrange(6 * MICRO, 11 * MICRO) / MICRO,
            pod=rng.choice([POD, OTHER]),
            requesterId=rng.choice(["DSO", "TSO"]),
            price=rng.randrange(1, 9 * MICRO),
        )
        for number in range(100, 140)
    ]
    await settle(traded, "s-odd", *lines)
    for name, party, amount in (("in-1", "DSO", "20.005"), ("out-1", "TSO", "-3.1")):
        payment = {"paymentId": name, "role": "requester", "partyId": party, "amount": amount}
        made = await traded.operator.post("/api/books/payments", json=payment)
        assert made.status_code == 201, made.text
    return traded


async def table(client: Any, path: str) -> list[dict[str, str]]:
    answer = await client.get(path, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def total(rows: list[dict[str, str]], column: str = "amount") -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


async def test_the_amounts_of_a_statement_sum_to_the_books_balance(busy: Any) -> None:
    listed = (await busy.operator.get(ACCOUNTS)).json()["accounts"]
    closings = Decimal(0)
    for party, role, kind in PARTIES:
        told = (await busy.client(party, kind).get(STATEMENT)).json()
        rows = await table(busy.client(party, kind), STATEMENT)
        balance = sum(
            Decimal(each["balance"])
            for each in listed
            if (each["role"], each["partyId"]) == (role, party)
        )
        assert total(rows) == Decimal(rows[-1]["balance"]) == Decimal(told["closing"])
        assert total(rows) == balance
        for before, row in itertools.pairwise(rows):
            step = Decimal(row["balance"]) - Decimal(before["balance"])
            assert step == Decimal(row["amount"])
        assert told["lineCount"] == len(rows) - 1
        assert rows[0]["kind"] == "opening"
        of_lines = total([row for row in rows if row["kind"] == "line"])
        assert of_lines == Decimal(told["traded"]) == sum(_nets(told))
        assert Decimal(told["turnover"]) == Decimal(told["traded"]) + Decimal(told["paid"])
        closings += of_lines
    assert closings == 0


def _nets(told: dict[str, Any]) -> list[Decimal]:
    return [Decimal(each["net"]) for each in told["netting"]]


async def test_an_invoice_sums_to_what_the_statement_says(busy: Any) -> None:
    busy.ledger._clock.move_to(JULY)
    await busy.operator.post(INVOICES, json=MONTH)
    for party, _, kind in PARTIES:
        client = busy.client(party, kind)
        statement = (await client.get(STATEMENT)).json()
        (document,) = (await client.get(INVOICES)).json()["invoices"]
        path = f"{INVOICES}/{document['number']}"
        told = (await client.get(path)).json()["invoice"]
        rows = await table(client, path)
        assert total(rows) == Decimal(told["amount"]) == sum(_nets(told))
        assert Decimal(told["amount"]) == Decimal(statement["traded"])
        assert told["netting"] == statement["netting"]
        assert abs(Decimal(told["payable"]) - Decimal(told["amount"])) <= Decimal("0.005")


async def test_the_next_month_begins_where_this_one_ends(busy: Any) -> None:
    told = (await busy.dso.get(STATEMENT)).json()
    rows = await table(busy.dso, "/api/books/statements/2021-07")
    assert [(row["kind"], row["amount"], row["balance"]) for row in rows] == [
        ("opening", told["closing"], told["closing"])
    ]


async def test_what_is_booked_meanwhile_is_not_in_a_statement(busy: Any) -> None:
    """Two readings that are opened at one moment agree, whatever comes between them."""
    books = _books(busy)
    opened = await books.open_statement("DSO", None, "2021-06")
    await settle(busy, "s-late", line(200, 8, requesterId="DSO"))
    amounts = [Decimal(each.amount) async for each in books.lines(opened)]
    assert Decimal(opened.head.opening) + sum(amounts) == Decimal(opened.head.closing)
    later = await books.open_statement("DSO", None, "2021-06")
    assert later.head.line_count == opened.head.line_count + 1


def _books(busy: Any) -> Any:
    from platone.ledger.records.books import BookRecords  # noqa: PLC0415 - only here
    from platone.ledger.service.books import ReadBooks  # noqa: PLC0415

    return ReadBooks(BookRecords(busy.ledger._database))


async def test_the_pages_of_a_statement_say_the_same(busy: Any) -> None:
    told = (await busy.dso.get(STATEMENT)).json()
    answer = await busy.dso.get(f"{STATEMENT}?format=pdf")
    assert answer.headers["content-type"] == "application/pdf"
    text = _text(answer.content)
    assert "Statement 2021-06" in text
    assert "Closing balance, owed by DSO" in text
    assert f"EUR {abs(Decimal(told['closing'])):,.2f}" in text
    assert "payment received" in text
    for each in told["lines"]:
        assert each["reference"] in text
        assert f"{Decimal(each['amount']):,.6f}" in text
    assert f"{Decimal(told['closing']):,.6f}" in text


def _text(file: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(file), strict=True).pages
    return "\n".join(page.extract_text() for page in pages)


async def test_a_command_writes_all_files_of_a_month(busy: Any, tmp_path: Path) -> None:
    busy.ledger._clock.move_to(JULY)
    made = (await busy.operator.post(INVOICES, json=MONTH)).json()["invoices"]
    out = tmp_path / "june"
    data = server_folder(busy.folder)
    options = ["books", "export", "2021-06", "--out", str(out), "--data", str(data)]
    told = await asyncio.to_thread(CliRunner().invoke, app, options)
    assert told.exit_code == 0, told.output
    stems = {f"statement-2021-06-{role}-{party}" for party, role, _ in PARTIES}
    stems |= {f"invoice-{each['number']:06d}" for each in made}
    assert {each.name for each in out.iterdir()} == {
        f"{stem}.{form}" for stem in stems for form in ("csv", "pdf")
    }
    for party, role, kind in PARTIES:
        file = out / f"statement-2021-06-{role}-{party}.csv"
        client = busy.client(party, kind)
        answer = await client.get(f"{STATEMENT}?format=csv")
        assert file.read_bytes() == answer.content
        assert (
            file.with_suffix(".pdf").read_bytes()
            == (await client.get(f"{STATEMENT}?format=pdf")).content
        )
    for each in made:
        answer = await busy.operator.get(f"{INVOICES}/{each['number']}?format=pdf")
        assert (out / f"invoice-{each['number']:06d}.pdf").read_bytes() == answer.content


async def test_a_command_tells_times_in_the_zone_of_the_server(busy: Any, tmp_path: Path) -> None:
    """Tokyo is seven hours ahead of Rome in June (IANA: +09:00 and +02:00).

    The zone is that of the settings file, or else the one that the folder's server was started in.
    """
    data, file = server_folder(busy.folder), tmp_path / "platone.toml"

    async def times(name: str, *options: str) -> set[int]:
        out = tmp_path / name
        every = ["books", "export", "2021-06", "--out", str(out), *options]
        told = await asyncio.to_thread(CliRunner().invoke, app, every)
        assert told.exit_code == 0, told.output
        text = _text((out / "statement-2021-06-requester-DSO.pdf").read_bytes())
        found = re.findall(r"2021-06-\d\d (\d\d):(\d\d)", text)
        return {60 * int(hour) + int(minute) for hour, minute in found}

    file.write_text(f'data = "{data}"\nzone = "Europe/Rome"\n')
    remember_settings(Settings(data=data, zone="Asia/Tokyo"))
    rome = await times("of-the-file", "--config", str(file))
    tokyo = await times("of-the-folder", "--data", str(data))
    assert rome
    assert tokyo == {(each + 7 * 60) % (24 * 60) for each in rome}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["2021-13"], "no month"),
        (["2021-06", "--party", "NOBODY"], "no account"),
    ],
)
async def test_what_cannot_be_written_is_named(
    traded: Any, tmp_path: Path, options: list[str], says: str
) -> None:
    data = server_folder(traded.folder)
    args = ["books", "export", *options, "--out", str(tmp_path / "x"), "--data", str(data)]
    told = await asyncio.to_thread(CliRunner().invoke, app, args)
    assert told.exit_code != 0
    assert says in told.output + str(told.exception)
