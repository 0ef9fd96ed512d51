"""Spans of whole days, and tables of them that add up to all that was measured."""

import random
from datetime import date, timedelta

import pytest

from platone.dashboard.domain.history import last_known, rows_of, span_holding
from platone.dashboard.domain.language import Reader
from platone.messages.curve import PowerCurve

READER = Reader("en", "Europe/Rome")


@pytest.mark.parametrize(
    ("kind", "on", "first", "end"),
    [
        ("day", date(2021, 6, 23), date(2021, 6, 23), date(2021, 6, 24)),
        ("week", date(2021, 6, 23), date(2021, 6, 21), date(2021, 6, 28)),
        ("month", date(2021, 12, 31), date(2021, 12, 1), date(2022, 1, 1)),
        ("month", date(2024, 2, 29), date(2024, 2, 1), date(2024, 3, 1)),
        ("year", date(2021, 6, 23), date(2021, 1, 1), date(2022, 1, 1)),
        ("<script>", date(2021, 6, 23), date(2021, 6, 1), date(2021, 7, 1)),
    ],
)
def test_spans(kind: str, on: date, first: date, end: date) -> None:
    span = span_holding(kind, on, "Europe/Rome")
    assert (span.first.on, span.end.on) == (first, end)
    assert (span.before, span.after) == (first - timedelta(days=1), end)


def measured(on: date, minutes: int, count: int, zone: str = "Europe/Rome") -> PowerCurve:
    chance = random.Random(3)  # noqa: S311 - the same values each time
    kw = [chance.uniform(-5, 5) if chance.random() > 0.1 else None for _ in range(count)]
    hours = minutes / 60
    return PowerCurve(
        pod_id="IT001E00000071",
        start_time=span_holding("day", on, zone).first.start,
        step_minutes=minutes,
        least_kw=kw,
        most_kw=kw,
        mean_kw=kw,
        drawn_kwh=[None if each is None else max(each, 0.0) * hours for each in kw],
        fed_kwh=[None if each is None else max(-each, 0.0) * hours for each in kw],
    )


@pytest.mark.parametrize(
    ("kind", "on", "minutes", "count", "lines"),
    [
        ("day", date(2021, 3, 28), 15, 92, 23),
        ("day", date(2021, 6, 23), 15, 96, 24),
        ("day", date(2021, 10, 31), 15, 100, 25),
        ("week", date(2021, 10, 25), 15, 676, 7),
        ("month", date(2021, 10, 1), 15, 2980, 31),
        ("year", date(2021, 1, 1), 60, 8760, 12),
    ],
)
def test_tables_have_a_line_for_each_part_and_add_up(
    kind: str, on: date, minutes: int, count: int, lines: int
) -> None:
    curve = measured(on, minutes, count)
    rows = rows_of(curve, span_holding(kind, on, "Europe/Rome"), READER)
    assert len(rows) == len({row.name for row in rows}) == lines
    assert sum(row.drawn_kwh for row in rows) == pytest.approx(sum(filter(None, curve.drawn_kwh)))
    assert sum(row.fed_kwh for row in rows) == pytest.approx(sum(filter(None, curve.fed_kwh)))
    assert max(row.most_kw for row in rows) == max(filter(None, curve.most_kw))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("day", "Wednesday, 23 June 2021"),
        ("week", "Monday, 21 June 2021 \u2013 Sunday, 27 June 2021"),
        ("month", "June 2021"),
        ("year", "2021"),
    ],
)
def test_a_span_is_named_as_its_reader_names_it(kind: str, name: str) -> None:
    assert span_holding(kind, date(2021, 6, 23), "Europe/Rome").name(READER) == name


@pytest.mark.parametrize(
    ("kind", "minutes", "names"),
    [
        ("day", 15, ["00:00", "01:00"]),
        ("month", 15, ["Thursday, 1 July 2021"]),
        ("year", 15, ["July 2021"]),
    ],
)
def test_lines_are_named_and_hold_what_lies_in_them(
    kind: str, minutes: int, names: list[str]
) -> None:
    """Eight quarter-hours; the first of the second hour was not measured."""
    kw = [1.0, -2.0, 3.0, -1.0, None, 0.5, 0.25, 0.5]
    curve = PowerCurve(
        pod_id="IT001E00000071",
        start_time=span_holding("day", date(2021, 7, 1), "Europe/Rome").first.start,
        step_minutes=minutes,
        least_kw=kw,
        most_kw=[*kw[:5], None, *kw[6:]],
        mean_kw=kw,
        drawn_kwh=[None if each is None else max(each, 0.0) / 4 for each in kw],
        fed_kwh=[0.0, 0.5, None, 0.25, None, 0.0, 0.0, 0.0],
    )
    rows = rows_of(curve, span_holding(kind, date(2021, 7, 1), "Europe/Rome"), READER)
    assert [row.name for row in rows] == names
    told = [(row.drawn_kwh, row.fed_kwh, row.most_kw) for row in rows]
    assert told == (
        [(1.0, 0.75, 3.0), (0.3125, 0.0, 0.5)] if kind == "day" else [(1.3125, 0.75, 3)]
    )


@pytest.mark.parametrize(
    ("kw", "hours"), [([1.0, None, 0.0, None], 2), ([2.0], 0), ([None, None], None), ([], None)]
)
def test_the_last_step_that_was_measured(kw: list[float | None], hours: int | None) -> None:
    start = span_holding("day", date(2021, 6, 23), "Europe/Rome").first.start
    known: dict[str, list[float | None]] = dict.fromkeys(
        ("least_kw", "most_kw", "mean_kw", "drawn_kwh", "fed_kwh"), kw
    )
    curve = PowerCurve(pod_id="P", start_time=start, step_minutes=60, **known)
    assert last_known(curve) == (None if hours is None else start + timedelta(hours=hours))
