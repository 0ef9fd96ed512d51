"""Market data as comma-separated values, as the dashboard's download buttons give it."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from platone.infra.http.csv_cell import MEDIA_TYPE, csv_cell
from platone.infra.http.wire import answer, shown_as
from platone.messages.market import RecordedService
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome
from platone.messages.settlement import Settlement

CSV_EXAMPLE = {MEDIA_TYPE: "pod,index,acceptedPValue\r\nIT001E00000071,52,90.0\r\n"}
"""A table, as OpenAPI shows it."""

T = TypeVar("T")
Row = Mapping[str, object]
Listed = MarketOutcome | ValidatedOutcome | TechnicalOutcome | Settlement


async def _wants_csv(
    request: Request,
    form: Annotated[
        str | None,
        Query(
            alias="format",
            description="`csv`: a table; the header `Accept: text/csv` does the same",
            json_schema_extra=shown_as(Literal["json", "csv"]),
        ),
    ] = None,
) -> bool:
    """Return whether the caller asks for CSV: by ``?format=csv``, or by the Accept header."""
    return form == "csv" or request.headers.get("Accept", "").startswith(MEDIA_TYPE)


AsCsv = Annotated[bool, Depends(_wants_csv)]
"""The caller's choice between JSON and a table."""


def answer_as_asked(content: Listed, *, as_csv: bool) -> Response:
    """Answer with an outcome or settlement as JSON, or as a table of its quarter-hours."""
    if as_csv:
        return csv_answer(_power_rows(content))
    return answer(content)


def csv_answer(rows: Iterable[Row]) -> Response:
    """Answer with rows as CSV; the columns are all that any row has, in the rows' order."""
    listed = list(rows)
    columns = {name: name for row in listed for name in row}
    return Response(_text(columns, [columns, *listed] if listed else []), media_type=MEDIA_TYPE)


async def csv_stream(
    read: Callable[[], AsyncIterator[T]], rows_of: Callable[[T], Iterable[Row]]
) -> Response:
    """Answer with the rows of things as CSV, which are read twice: for the columns, and the rows.

    Args:
        read: Begins to read the things; what it raises first is answered.
        rows_of: Returns the rows of one of them.
    """
    columns: dict[str, None] = {}
    async for each in read():
        columns |= dict.fromkeys(name for row in rows_of(each) for name in row)

    async def written() -> AsyncIterator[str]:
        if columns:
            yield _text(columns, [dict(zip(columns, columns, strict=True))])
        async for each in read():
            yield _text(columns, rows_of(each))

    return StreamingResponse(written(), media_type=MEDIA_TYPE)


def _text(columns: Iterable[str], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(columns), extrasaction="ignore")
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """Return a cell; what has parts of its own stands as JSON, and nothing where it has none."""
    if isinstance(value, list | tuple | dict):
        return msgspec.json.encode(value).decode() if value else ""
    return csv_cell(value)


def service_rows(service: RecordedService) -> Iterable[Row]:
    """Return the rows of a request or offer, one for each quarter-hour."""
    head = _plain(service)
    head.pop("flexibility")
    for entry in service.flexibility:
        for point in entry.power:
            kind = None if entry.power_kind is None else entry.power_kind.value
            target = {"pod": " ".join(entry.pod or ()), "pom": entry.pom, "powerKind": kind}
            yield head | target | _plain(point)


def _power_rows(content: Listed) -> Iterable[Row]:
    for pod in content.flexibility:
        for power in pod.power:
            row = {"pod": pod.pod} | _plain(power)
            cuts = row.pop("cuts", None)
            yield row if cuts is None else row | {"cuts": _tell_cuts(cuts)}


def _tell_cuts(cuts: Any) -> str:
    return "; ".join(f"{c['element']}: {c['value']} of {c['limit']} {c['unit']}" for c in cuts)


def _plain(message: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(message)
    return plain
