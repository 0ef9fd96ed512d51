"""Numbers of pages have their unit, amounts are kept exactly, times have their zone."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from platone.infra.page.number import (
    day_of,
    in_euro,
    in_euro_exactly,
    in_kw,
    in_tokens,
    instant,
    measure,
    price,
    span_of_day,
    wall,
    with_instants,
    words,
)

ROME = ZoneInfo("Europe/Rome")
HALF_PAST = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


def text(markup: str) -> str:
    """What stands in a sentence: there the style hides the zeros at a number's end."""
    return column(re.sub('<span class="fill">[^<]*</span>', "", markup))


def column(markup: str) -> str:
    """What stands in a column of numbers."""
    return re.sub("<[^>]+>", "", markup).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(12.5, "12.5 kW"), (-1376.74, "\u22121 376.74 kW"), (0.0, "0 kW"), (100.0, "100 kW")],
)
def test_powers(value: float, shown: str) -> None:
    assert text(in_kw(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown", "exact"),
    [
        ("1.921951024", "1.92 €", "1.921951024 €"),
        (Decimal("-9.79814155"), "\u22129.80 €", "\u22129.79814155 €"),
        ("6", "6.00 €", "6.00 €"),
        ("1234.5", "1 234.50 €", "1 234.50 €"),
        ("0", "0.00 €", "0.00 €"),
        ("-0", "0.00 €", "0.00 €"),
        ("1E+3", "1 000.00 €", "1 000.00 €"),
        (2.40243878, "2.40 €", "2.40243878 €"),
        ("0.0042378", "0.0042 €", "0.0042378 €"),
        ("-0.000000001", "\u22120.0000000010 €", "\u22120.000000001 €"),
    ],
)
def test_money_is_shown_to_the_cent_and_told_exactly(
    value: Decimal | str, shown: str, exact: str
) -> None:
    markup = in_euro(value)
    assert text(markup) == shown
    assert f'title="{exact}"'.replace(" ", "\u202f", exact.count(" ") - 1) in markup
    (kept,) = re.findall(r'value="([^"]+)"', markup)
    assert Decimal(kept) == Decimal(str(value))


@pytest.mark.parametrize("language", ["de", "it", "el"])
def test_numbers_are_written_as_readers_write_them(language: str) -> None:
    assert text(in_euro("1234.567", language)) == "1 234,57 €"
    assert text(in_kw(207.662, language)) == "207,66 kW"
    assert text(in_tokens("1.921951024", language)) == "1,92"


def test_a_column_shows_as_many_decimals_of_each_number() -> None:
    shown = [column(price(each)) for each in (0.3, 0.125, 0.0, 12.0, 0.0825)]
    assert shown == [
        "0.3000 €/kWh",
        "0.1250 €/kWh",
        "0.0000 €/kWh",
        "12.0000 €/kWh",
        "0.0825 €/kWh",
    ]
    assert [column(in_kw(each, "de")) for each in (100.0, -7.5)] == ["100,00 kW", "\u22127,50 kW"]
    assert [column(measure(each, "pu")) for each in (1.0, 0.94)] == ["1.0000 pu", "0.9400 pu"]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.08255, "0.08255"), (1 / 3, "0.333333333"), (0.1 + 0.2, None), (0.3, None)],
)
def test_a_rounded_number_tells_all_its_digits_on_demand(value: float, told: str | None) -> None:
    found = re.findall('title="([^"]+)"', price(value))
    assert found == ([] if told is None else [f"{told}\u202f€/kWh"])


def test_nothing_has_no_sign() -> None:
    assert text(in_kw(-0.001)) == "0 kW"


def test_what_is_not_known_is_a_dash() -> None:
    assert {text(in_kw(None)), text(in_euro(None)), text(price(None))} == {"\u2013"}


def test_times_are_of_the_site() -> None:
    assert text(instant(HALF_PAST, ROME)) == "Wed 23 Jun 2021, 12:30 CEST"
    assert text(wall(HALF_PAST, ZoneInfo("Europe/Athens"))) == "13:30 EEST"
    assert 'datetime="2021-06-23T10:30:00Z"' in instant(HALF_PAST, ROME)


@pytest.mark.parametrize(
    ("start", "hours", "shown"),
    [
        (datetime(2021, 6, 22, 22, tzinfo=UTC), 24, "Wed 23 Jun 2021"),
        (datetime(2021, 3, 27, 23, tzinfo=UTC), 23, "Sun 28 Mar 2021"),
        (datetime(2021, 10, 30, 22, tzinfo=UTC), 25, "Sun 31 Oct 2021"),
        (datetime(2021, 6, 23, 10, tzinfo=UTC), 4, "Wed 23 Jun 2021, 12:00\u201316:00 CEST"),
        (datetime(2021, 3, 27, 23, tzinfo=UTC), 3, "Sun 28 Mar 2021, 00:00\u201304:00 CEST"),
    ],
)
def test_spans_are_days_or_hours(start: datetime, hours: int, shown: str) -> None:
    assert text(span_of_day(start, hours, ROME)) == shown


def test_names_of_the_wire_are_words() -> None:
    assert [words(each) for each in ("partlyPaid", "DSO_request", "active")] == [
        "partly paid",
        "DSO request",
        "active",
    ]


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert column(in_kw(-0.001)) == "0.00 kW"
    assert column(in_kw(-0.01)) == "\u22120.01 kW"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "The gate closed at 2021-10-30T13:30:00+00:00.",
            "The gate closed at Sat 30 Oct 2021, 15:30 CEST.",
        ),
        ("2021-10-31T01:30:00Z", "Sun 31 Oct 2021, 02:30 CET"),
        (
            "from 2021-06-22 22:00+00:00 to 2021-06-23T10:30:15.5+02:00 only",
            "from Wed 23 Jun 2021, 00:00 CEST to Wed 23 Jun 2021, 10:30 CEST only",
        ),
        ("2021-06-31T10:00:00Z is none", "2021-06-31T10:00:00Z is none"),
        ("of 2021-06-23, <b>at</b> 12:30", "of 2021-06-23, &lt;b&gt;at&lt;/b&gt; 12:30"),
        ("TSO:::dayAhead:::2021-06-22T22:00:00.000Z", "TSO:::dayAhead:::2021-06-22T22:00:00.000Z"),
        ("", ""),
    ],
)
def test_instants_in_a_text_are_told_in_the_sites_zone(text: str, shown: str) -> None:
    markup = str(with_instants(text, ROME))
    assert re.sub(r"</?(time|span)[^>]*>", "", markup) == shown
    assert ("<time" in markup) == (shown != text and "<" not in text)


def test_a_day_is_told_with_its_day_of_the_week() -> None:
    assert text(day_of(date(2021, 6, 23))) == "Wed 23 Jun 2021"


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        ("1234.567894", "en", "1 234.567894 €"),
        ("-0.5", "it", "\u22120,50 €"),
        ("7", "de", "7,00 €"),
    ],
)
def test_an_exact_sum_keeps_all_its_digits(value: str, language: str, shown: str) -> None:
    markup = in_euro_exactly(value, language)
    assert text(markup) == shown
    assert f'value="{value}"' in markup
