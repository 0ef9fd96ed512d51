"""Pages of the books: their letters' widths, colours, and tables, read by other programs."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf._codecs.core_font_metrics import CORE_FONT_METRICS

from platone.kernel.style.sheet import colours
from platone.ledger.adapters import paper
from platone.ledger.adapters.pdf import BOLD, MONO, SANS, fitted, text_width
from platone.ledger.adapters.statement_page import statement_pdf
from platone.ledger.api.book_file import invoice_rows, statement_rows
from platone.ledger.service.books import euro
from platone.messages.books import BilateralNet, BookLine, BookStatement

ATTO = st.integers(-(10**26), 10**26)
FORMULA = st.sampled_from(["=1+1", "@SUM(A1)", "+7", "-3", "a,b", 'x"y', "plain"])


@pytest.mark.parametrize(
    ("font", "name"), [(SANS, "Helvetica"), (BOLD, "Helvetica-Bold"), (MONO, "Courier")]
)
def test_letters_are_as_wide_as_their_published_metrics(font: str, name: str) -> None:
    published = CORE_FONT_METRICS[name].character_widths
    for code in range(32, 127):
        assert text_width(chr(code), font, 1000) == pytest.approx(published[chr(code)])


@given(st.text(st.characters(codec="cp1252"), max_size=60), st.floats(20, 200))
def test_a_text_is_cut_to_its_room(text: str, room: float) -> None:
    shown = fitted(text, SANS, 8, room)
    assert text_width(shown, SANS, 8) <= room
    assert shown == text or text.startswith(shown.removesuffix("..."))


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("ink", paper.INK),
        ("soft", paper.SOFT),
        ("rule", paper.RULE),
        ("accent", paper.ACCENT),
        ("accent-wash", paper.WASH),
        ("card", paper.CARD),
    ],
)
def test_colours_are_those_of_the_web_pages(name: str, colour: tuple[int, int, int]) -> None:
    assert f"#{bytes(colour).hex()}" == colours()[name]


def entry(number: int, amount: int, reference: str = "trade") -> BookLine:
    return BookLine(
        entry=number,
        kind="line",
        reference=f"{reference}/{number}",
        amount=euro(amount),
        month="2021-06",
        posted_at=datetime(2021, 6, 23, tzinfo=UTC),
        requester_id="DSO",
        aggregator_id="ACEAE",
        pod="IT001E00000071",
        transaction_hash="0x" + "ab" * 32,
        number=number,
    )


async def each_of(lines: list[BookLine]) -> AsyncIterator[BookLine]:
    for line in lines:
        yield line


def read(rows: AsyncIterator[str]) -> list[dict[str, str]]:
    async def gathered() -> str:
        return "".join([row async for row in rows])

    return list(csv.DictReader(io.StringIO(asyncio.run(gathered()), newline="")))


@given(ATTO, st.lists(st.tuples(ATTO, FORMULA), max_size=12))
def test_amounts_of_a_table_sum_to_its_last_balance_exactly(
    opening: int, amounts: list[tuple[int, str]]
) -> None:
    lines = [entry(number, amount, name) for number, (amount, name) in enumerate(amounts, 1)]
    rows = read(statement_rows(euro(opening), each_of(lines)))
    in_atto = [int(Decimal(row["amount"]).scaleb(18)) for row in rows]
    assert in_atto == [opening, *(amount for amount, _ in amounts)]
    assert int(Decimal(rows[-1]["balance"]).scaleb(18)) == sum(in_atto)
    # a spreadsheet takes no name for a formula, and csv finds every name again
    assert all(row["reference"][:1] not in {"=", "@", "+"} for row in rows)
    names = [row["reference"].removeprefix("'") for row in rows[1:]]
    assert names == [line.reference for line in lines]
    bill = read(invoice_rows(each_of(lines)))
    assert [row["amount"] for row in bill] == [line.amount for line in lines]


@settings(max_examples=20)
@given(st.lists(st.integers(-(10**22), 10**22), min_size=1, max_size=90))
def test_the_pages_have_every_line_and_end_at_the_balance(amounts: list[int]) -> None:
    lines = [entry(number, amount) for number, amount in enumerate(amounts, 1)]
    earned, owed = sum(a for a in amounts if a > 0), -sum(a for a in amounts if a < 0)
    head = BookStatement(
        role="requester",
        party_id="DSO",
        month="2021-06",
        opening="0",
        traded=euro(earned - owed),
        paid="0",
        turnover=euro(earned - owed),
        closing=euro(earned - owed),
        line_count=len(lines) + 3,
        netting=(
            BilateralNet(
                counterparty_id="ACEAE",
                earned=euro(earned),
                owed=euro(owed),
                net=euro(earned - owed),
            ),
        ),
        lines=[],
    )
    file = statement_pdf(head, lines, operator="MO", zone="Europe/Rome")
    pages = pypdf.PdfReader(io.BytesIO(file), strict=True).pages
    texts = [page.extract_text() for page in pages]
    whole = "\n".join(texts)
    for line in lines:
        assert whole.count(f"{line.reference}  no.") == 1
        assert f"{Decimal(line.amount):,.6f}" in whole
    assert f"{Decimal(head.closing):,.6f}" in whole
    assert "3 more lines stand in the CSV file" in whole
    assert f"sum of {len(lines) + 3} lines" in whole
    assert "active energy" not in whole  # of a part no sums by kind
    for place, text in enumerate(texts, 1):
        assert f"page {place} of {len(texts)}" in text


def test_lines_are_summed_by_kind_and_in_all_with_the_zone_in_words() -> None:
    """A page of mixed entries: 5.5 for energy, -0.25 reactive, 1 put right, -4 paid out."""
    euros = 10**18
    mixed = [
        _changed(entry(1, 3 * euros), start_time=datetime(2021, 10, 30, 23, 45, tzinfo=UTC)),
        _changed(entry(2, 5 * euros // 2), start_time=datetime(2021, 10, 31, 1, tzinfo=UTC)),
        _changed(entry(3, -euros // 4), reactive=True),
        _changed(entry(4, euros), corrects="trade/1"),
        _changed(entry(5, -4 * euros), kind="payment"),
    ]
    head = BookStatement(
        role="aggregator",
        party_id="ACEAE",
        month="2021-10",
        opening="10",
        traded="6.25",
        paid="-4",
        turnover="6.25",
        closing="12.25",
        line_count=5,
        netting=(),
        lines=[],
    )
    file = statement_pdf(head, mixed, operator="MO", zone="Europe/Rome")
    (page,) = pypdf.PdfReader(io.BytesIO(file), strict=True).pages
    told = " ".join(page.extract_text().split())
    assert "Times in Rome (CEST, CET)" in told
    assert "Europe/Rome" not in told
    for name, amount in {
        "active energy": "5.500000",
        "reactive energy": "-0.250000",
        "corrections of earlier lines": "1.000000",
        "payments made": "-4.000000",
        "sum of 5 lines": "2.250000",
    }.items():
        assert f"{name} {amount}" in told


def _changed(line: BookLine, **fields: object) -> BookLine:
    return msgspec.structs.replace(line, **fields)
