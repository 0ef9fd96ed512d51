"""Statements and invoices as files: all lines as a table, or what fits as pages."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal, localcontext
from typing import Annotated, Literal

import msgspec
from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from platone.infra.http.csv_cell import MEDIA_TYPE, csv_cell
from platone.infra.http.wire import shown_as
from platone.messages.books import BookLine

PDF = "application/pdf"
"""Media type of pages."""
CSV_EXAMPLE = {MEDIA_TYPE: "entry,kind,reference,amount\r\n1,line,8a1f.IT001E00000071.50.0,7.5\r\n"}
"""The media type of tables, with the beginning of one."""
PAPER_LINES = 2000
"""Lines on pages, about seventy of them; the CSV file has all."""
_COLUMNS = [field.encode_name for field in msgspec.structs.fields(BookLine)]
_DIGITS = 60
"""Digits of balances: more than amounts of any size that the books hold have."""


async def _form(
    request: Request,
    form: Annotated[
        str | None,
        Query(
            alias="format",
            description="`csv` or `pdf`; the header `Accept` does the same",
            json_schema_extra=shown_as(Literal["json", "csv", "pdf"]),
        ),
    ] = None,
) -> str:
    """Return the form that the caller asks for: by ``?format=``, or by the Accept header."""
    accepted = request.headers.get("Accept", "")
    by_header = {MEDIA_TYPE: "csv", PDF: "pdf"}
    return form or next(
        (by_header[each] for each in by_header if accepted.startswith(each)), "json"
    )


Form = Annotated[str, Depends(_form)]
"""The form in which a caller wants a statement or an invoice."""


def table_answer(rows: AsyncIterator[str], stem: str) -> Response:
    """Return an answer that streams a table."""
    name = {"Content-Disposition": f'attachment; filename="{stem}.csv"'}
    return StreamingResponse(rows, media_type=MEDIA_TYPE, headers=name)


async def pages_answer(
    draw: Callable[[Sequence[BookLine]], bytes], lines: AsyncIterator[BookLine], stem: str
) -> Response:
    """Return an answer with pages of lines, as many as fit."""
    file = await pages_of(draw, lines)
    name = f'inline; filename="{stem}.pdf"'
    return Response(file, media_type=PDF, headers={"Content-Disposition": name})


async def pages_of(
    draw: Callable[[Sequence[BookLine]], bytes], lines: AsyncIterator[BookLine]
) -> bytes:
    """Return the PDF file of lines, as many as fit."""
    shown: list[BookLine] = []
    async for line in lines:
        shown.append(line)
        if len(shown) == PAPER_LINES:
            break
    return await asyncio.to_thread(draw, shown)


async def invoice_rows(lines: AsyncIterator[BookLine]) -> AsyncIterator[str]:
    """Yield the lines of an invoice as a table, row by row."""
    yield _row(_COLUMNS)
    async for line in lines:
        yield _row(_cells(line))


async def statement_rows(opening: str, lines: AsyncIterator[BookLine]) -> AsyncIterator[str]:
    """Yield the entries of a statement as a table: the balance before, then each with its own."""
    yield _row([*_COLUMNS, "balance"])
    first = {"kind": "opening", "amount": opening}
    yield _row([*(first.get(column, "") for column in _COLUMNS), opening])
    with localcontext(prec=_DIGITS):
        balance = Decimal(opening)
    async for line in lines:
        with localcontext(prec=_DIGITS):
            balance += Decimal(line.amount)
        yield _row([*_cells(line), f"{balance.normalize():f}" if balance else "0"])


def _cells(line: BookLine) -> list[object]:
    """Return the cells of a line."""
    cells = msgspec.to_builtins(line)
    return [csv_cell(cells.get(column)) for column in _COLUMNS]


def _row(cells: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
