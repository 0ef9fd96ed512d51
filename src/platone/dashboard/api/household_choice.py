"""A household's choices: tomorrow, the battery's reserve, notices, and what its contract says."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from msgspec import structs

from platone.dashboard.api.home import Home, home_of, show_home
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.domain.household_choice import (
    allowed_runs,
    form_times,
    hours_in_words,
    kept_share,
    span_typed,
)
from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.payment_story import percent
from platone.dashboard.domain.problem import CallRefused, FieldWrong
from platone.dashboard.domain.right import readers_in_words
from platone.infra.http.clock import ClockState
from platone.kernel.figure import plain_decimal
from platone.kernel.market_time import MarketDay
from platone.messages.asset import AssetPage, DayPreference, PreferencePage, StatedPreference
from platone.messages.notice import NoticeState
from platone.messages.portfolio import PortfolioPage

_PREFERENCES = "/api/aggregator/preferences"
_PERCENT_DIGITS = 2
"""Decimals of the part of a battery that is kept, in percent: finer than anyone types."""
_WRONG = ("times_wrong", "battery_wrong", "market_away")
"""The sentences about forms that could not be read, or led to nothing at the market."""
_AWAY = {"partner-unavailable", "partner-refused"}
"""Refusals where a preference is kept, but its platform could not tell the market so."""


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """The preference of a household for the next market day, with its words.

    Attributes:
        day: The day.
        said: What holds: what the household said, or the default.
        sentence: The same in words.
        first: The time from which it may be offered, as a form shows it; empty for none.
        end: The time until which it may be, likewise.
        late: For which quarter-hours it came too late, in words; empty for none.
    """

    day: MarketDay
    said: DayPreference
    sentence: str
    first: str
    end: str
    late: str


def household_choice_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a household's choices, and what it says of tomorrow."""

    @router.get("/app/choices")
    async def get_choices(request: Request, pod: str = "", wrong: str = "") -> Response:
        """Show a household its contract, and let it choose."""
        home = await home_of(desk, request, pod)
        if not home.pod:
            return show_home(desk, request, "app_choices.html.j2", home)
        calls = home.visitor.calls
        tomorrow = await tomorrow_of(home, await _next_day(desk, home))
        portfolio = await calls.seen("/api/aggregator/pods", PortfolioPage)
        assets = await calls.seen("/api/aggregator/assets", AssetPage)
        entries = [each.entry for each in (portfolio.pods if portfolio else ())]
        entry = next((each for each in entries if each.pod.pod_id == home.pod), None)
        kept = tomorrow.said.least_state_of_charge
        own = [each for each in (assets.assets if assets else ()) if each.pod_id == home.pod]
        return show_home(
            desk,
            request,
            "app_choices.html.j2",
            home,
            wrong=wrong_told(wrong, home.reader),
            tomorrow=tomorrow,
            entry=entry,
            share=percent(entry.customer_share_ppm, home.reader.language) if entry else "",
            kept=plain_decimal(kept * 100, _PERCENT_DIGITS, home.reader.language),
            notices=await calls.seen("/api/scd/notices", NoticeState),
            runs=allowed_runs(entry.preferences, tomorrow.day, home.reader) if entry else [],
            has_battery=any(each.battery for each in own),
            readers=readers_in_words(home.reader.told),
        )

    _choice_forms(router, desk)


def _choice_forms(router: APIRouter, desk: Desk) -> None:
    @router.post("/app/tomorrow")
    async def post_tomorrow(request: Request) -> Response:
        """Say whether a household's flexibility may be offered tomorrow, and when."""
        form = await desk.form(request)
        home = await home_of(desk, request, form.get("pod", ""))
        now = await tomorrow_of(home, await _next_day(desk, home))
        match form.get("say"):
            case "no":
                said = structs.replace(now.said, available=False, hours=())
            case "hours":
                try:
                    hours = span_typed(form, now.day)
                except FieldWrong:
                    return go_to("/app", pod=home.pod, wrong="times_wrong")
                said = structs.replace(now.said, available=True, hours=(hours,))
            case _:
                said = structs.replace(now.said, available=True, hours=())
        if not await _is_told(home, said):
            return go_to("/app", pod=home.pod, wrong="market_away")
        return go_to(f"/app?{urlencode({'pod': home.pod})}#tomorrow")

    @router.post("/app/battery")
    async def post_battery(request: Request) -> Response:
        """Say how much of a battery stays the household's tomorrow."""
        form = await desk.form(request)
        home = await home_of(desk, request, form.get("pod", ""))
        now = await tomorrow_of(home, await _next_day(desk, home))
        try:
            share = kept_share(form)
        except FieldWrong:
            return go_to("/app/choices", pod=home.pod, wrong="battery_wrong")
        said = structs.replace(now.said, least_state_of_charge=share)
        if not await _is_told(home, said):
            return go_to("/app/choices", pod=home.pod, wrong="market_away")
        return go_to("/app/choices", pod=home.pod)


async def _is_told(home: Home, said: DayPreference) -> bool:
    """Say a preference; return whether the market could be told what it takes back."""
    try:
        await home.visitor.calls.send("PUT", _PREFERENCES, said)
    except CallRefused as refused:
        if refused.told_slug not in _AWAY:
            raise
        return False
    return True


def wrong_told(name: str, reader: Reader) -> str:
    """Return the sentence about a form that could not be read; empty where all could."""
    return reader.told[name] if name in _WRONG else ""


async def _next_day(desk: Desk, home: Home) -> MarketDay:
    clock = await home.visitor.calls.get("/api/clock", ClockState)
    return MarketDay.holding(clock.now, desk.zone).next


async def tomorrow_of(home: Home, day: MarketDay) -> Tomorrow:
    """Return the preference for a market day: said by the household, or the default."""
    found = await home.visitor.calls.seen(f"{_PREFERENCES}/{day.on}", PreferencePage)
    told = found.preferences if found else []
    default = StatedPreference(stated=False, preference=DayPreference(pod_id=home.pod, day=day.on))
    stated = next((each for each in told if each.preference.pod_id == home.pod), default)
    said, reader = stated.preference, home.reader
    name = "tomorrow_yes" if stated.stated else "tomorrow_default"
    if not said.available:
        name = "tomorrow_no"
    elif said.hours:
        name = "tomorrow_hours"
    hours = hours_in_words(said.hours, day, reader)
    sentence = reader.sentence(name, day=reader.day(day.on), hours=hours)
    first, end = form_times(said.hours, day)
    late = hours_in_words(stated.too_late, day, reader)
    late = reader.sentence("tomorrow_too_late", hours=late) if late else ""
    return Tomorrow(day, said, sentence, first, end, late)
