"""A household's sentences: days and times in its language, runs together, double hours named."""

from datetime import UTC, date, datetime

import pytest

from platone.dashboard.domain.day_picture import on_day
from platone.dashboard.domain.household import activation_notices, agreed_notices
from platone.dashboard.domain.household_choice import (
    allowed_runs,
    form_times,
    hours_in_words,
    kept_share,
    span_typed,
)
from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.problem import FieldWrong
from platone.kernel.market_time import MarketDay
from platone.messages.asset import AvailableSpan
from platone.messages.registry import FlexibilityPreference, Setpoint

DAY = MarketDay(date(2021, 6, 23))
AUTUMN = MarketDay(date(2021, 10, 31))
"""A day of 25 hours."""
ENGLISH = Reader("en", "Europe/Rome")
NOT_KNOWN = on_day(DAY, {})
"""The expected powers of a day without a forecast."""


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            (
                "Wednesday, 23 June 2021, 12:30 to 13:15: your flexibility was sold."
                " Your home is to draw 207.66 kW on average."
            ),
        ),
        (
            "it",
            (
                "Mercoledì 23 giugno 2021, dalle 12:30 alle 13:15: "
                "la tua flessibilità è stata venduta. La tua casa deve prelevare in media 207,66 "
                "kW."
            ),
        ),
        (
            "de",
            (
                "Mittwoch, 23. Juni 2021, 12:30 bis 13:15 Uhr: Ihre Flexibilität wurde verkauft."
                " Ihr Haus soll im Mittel 207,66 kW beziehen."
            ),
        ),
        (
            "el",
            (
                "Τετάρτη 23 Ιουνίου 2021, 12:30 έως 13:15: η ευελιξία σας πουλήθηκε. "
                "Το σπίτι σας πρέπει να απορροφά κατά μέσο όρο 207,66 kW."  # noqa: RUF001
            ),
        ),
    ],
)
def test_runs_of_the_same_power_are_one_notice_with_its_day(language: str, told: str) -> None:
    values = {DAY.instant(index): 207.662 for index in (50, 51, 52)}
    assert agreed_notices(DAY, on_day(DAY, values), NOT_KNOWN, Reader(language, DAY.zone)) == [told]


def test_what_is_fed_in_is_said_so() -> None:
    told = agreed_notices(DAY, on_day(DAY, {DAY.instant(95): -3.0}), NOT_KNOWN, ENGLISH)
    assert told[0].endswith(
        "23:45 to 00:00: your flexibility was sold. Your home is to feed in 3 kW on average."
    )


def test_a_plant_is_told_active_and_reactive_power() -> None:
    def told(kw: float | None, kvar: float | None) -> str:
        setpoint = Setpoint(
            setpoint_id="s",
            pod_id="IT001E00000071",
            start_time=DAY.instant(50),
            duration_minutes=15,
            power_kw=kw,
            power_kvar=kvar,
            market_outcome="o",
        )
        (sentence,) = activation_notices([setpoint], ENGLISH)
        return sentence.removeprefix(
            "Wednesday, 23 June 2021, 12:30: your equipment was told to keep to "
        )

    assert told(207.66, None) == "207.66 kW drawn from the grid."
    assert told(-4.5, None) == "4.5 kW fed into the grid."  # a household knows no sign
    assert told(None, -3.0) == "\u22123 kvar."
    assert told(1.0, 2.0) == "1 kW drawn from the grid, 2 kvar."


@pytest.mark.parametrize(
    ("language", "ending"),
    [
        ("en", "Expected without it: 1.5 kW fed into the grid."),
        ("it", "Previsto senza questa vendita: 1,5 kW immessi in rete."),
        ("el", "Χωρίς αυτό αναμενόταν έγχυση 1,5 kW στο δίκτυο."),
        ("de", "Ohne dies erwartet: 1,5 kW Einspeisung ins Netz."),
    ],
)
def test_what_was_sold_stands_beside_what_was_expected(language: str, ending: str) -> None:
    sold = on_day(DAY, {DAY.instant(index): 3.0 for index in (50, 51)})
    expected = on_day(DAY, {DAY.instant(50): -1.0, DAY.instant(51): -2.0, DAY.instant(52): 9.0})
    (told,) = agreed_notices(DAY, sold, expected, Reader(language, DAY.zone))
    assert told.endswith(f". {ending}")
    (half_known,) = agreed_notices(DAY, sold, on_day(DAY, {DAY.instant(50): 1.0}), ENGLISH)
    assert half_known.endswith("to draw 3 kW on average.")


def test_an_hour_that_clocks_show_twice_is_named() -> None:
    walls = [ENGLISH.wall(AUTUMN.instant(index)) for index in (7, 8, 12, 16)]
    assert walls == ["01:45", "02:00 CEST", "02:00 CET", "03:00"]


def test_hours_of_tomorrow_are_those_of_its_clocks() -> None:
    form = {"from": "02:00", "to": "04:00"}
    assert span_typed(form, DAY) == AvailableSpan(first_index=8, end_index=16)
    assert span_typed(form, AUTUMN) == AvailableSpan(first_index=8, end_index=20)
    assert span_typed({"from": "08:00", "to": "23:59"}, DAY).end_index == 96
    told = hours_in_words([AvailableSpan(first_index=32, end_index=72)], DAY, ENGLISH)
    assert told == "08:00 to 18:00"
    assert form_times([AvailableSpan(first_index=32, end_index=96)], DAY) == ("08:00", "23:59")
    whole = AvailableSpan(first_index=0, end_index=100)
    assert hours_in_words([whole], AUTUMN, ENGLISH) == "00:00 to 00:00"


@pytest.mark.parametrize("form", [{"from": "10:00", "to": "08:00"}, {"from": "x", "to": "08:00"}])
def test_times_that_are_no_span_are_refused(form: dict[str, str]) -> None:
    with pytest.raises(FieldWrong):
        span_typed(form, DAY)


@pytest.mark.parametrize("percent", ["-1", "101", "nan", "inf", "", "much"])
def test_what_is_no_part_is_refused(percent: str) -> None:
    with pytest.raises(FieldWrong):
        kept_share({"percent": percent})


def test_a_part_is_typed_in_percent() -> None:
    assert kept_share({"percent": "12,5"}) == 0.125


def test_quarter_hours_with_the_same_are_told_together() -> None:
    def allowed(index: int, kw: float) -> FlexibilityPreference:
        return FlexibilityPreference(index=index, change_kw=kw, price_eur_per_kwh=0.1)

    given = [allowed(0, 5.0), allowed(1, 5.0), allowed(2, -5.0), allowed(4, 5.0)]
    told = [(each.span, each.change) for each in allowed_runs(given, DAY, ENGLISH)]
    assert told == [
        ("00:00 to 00:30", "5 kW more"),
        ("00:30 to 00:45", "5 kW less"),
        ("01:00 to 01:15", "5 kW more"),
    ]


def test_a_month_alone_has_its_own_form() -> None:
    months = [Reader(each, "Europe/Athens").month(date(2021, 6, 1)) for each in ("el", "de")]
    assert months == ["Ιούνιος 2021", "Juni 2021"]


def test_the_day_of_an_instant_is_the_site_s() -> None:
    assert ENGLISH.day(datetime(2021, 6, 22, 22, 30, tzinfo=UTC)) == "Wednesday, 23 June 2021"


def test_spans_of_a_day_at_their_edges() -> None:
    assert span_typed({"from": "00:00", "to": "00:15"}, DAY) == AvailableSpan(
        first_index=0, end_index=1
    )
    assert span_typed({"from": "23:45", "to": "24:00"}, DAY) == AvailableSpan(
        first_index=95, end_index=96
    )
    with pytest.raises(FieldWrong, match="no quarter-hour") as refused:
        span_typed({"from": "08:00", "to": "08:00"}, DAY)
    assert refused.value.fields == {"field": "to"}


@pytest.mark.parametrize(("percent", "share"), [("0", 0.0), ("0.5", 0.005), ("100", 1.0)])
def test_all_or_nothing_may_stay(percent: str, share: float) -> None:
    assert kept_share({"percent": percent}) == share


def test_a_form_shows_the_first_span_or_a_usual_one() -> None:
    spans = [AvailableSpan(first_index=1, end_index=2), AvailableSpan(first_index=8, end_index=9)]
    assert form_times(spans, DAY) == ("00:15", "00:30")
    assert form_times([], DAY) == ("08:00", "18:00")
    assert hours_in_words(spans, DAY, ENGLISH) == "00:15 to 00:30, 02:00 to 02:15"
    # the clock goes from 03:00 back to 02:00: quarter-hour 16 begins at 03:00
    assert form_times([AvailableSpan(first_index=16, end_index=20)], AUTUMN) == ("03:00", "04:00")


def test_runs_are_apart_by_price_and_stand_in_the_order_of_time() -> None:
    given = [
        FlexibilityPreference(index=index, change_kw=kw, price_eur_per_kwh=price)
        for index, kw, price in ((5, -1.0, 0.1), (6, -1.0, 0.2), (4, -1.0, 0.1), (2, 3.0, 0.1))
    ]
    told = [
        (each.span, each.change, each.price_eur_per_kwh)
        for each in allowed_runs(given, DAY, ENGLISH)
    ]
    assert told == [
        ("00:30 to 00:45", "3 kW more", 0.1),
        ("01:00 to 01:30", "1 kW less", 0.1),
        ("01:30 to 01:45", "1 kW less", 0.2),
    ]
