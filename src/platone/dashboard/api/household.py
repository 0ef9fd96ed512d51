"""A household's day, for a telephone: consumption, tomorrow, notices, and what was earned."""

import json
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import Home, home_of, show_home
from platone.dashboard.api.household_choice import tomorrow_of, wrong_told
from platone.dashboard.api.line_dispute import disputed_lines
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.pod_reading import asked_day, read_day
from platone.dashboard.domain.day_picture import NARROW, DayCurves, draw_day_curves
from platone.dashboard.domain.household import activation_notices, agreed_notices
from platone.dashboard.domain.language import sentences
from platone.dashboard.domain.payment import Payment, payments_of
from platone.dashboard.domain.payment_picture import draw_energy
from platone.dashboard.domain.pod_day import energy_kwh, hours_of
from platone.dashboard.domain.worker_script import worker_script
from platone.infra.http.clock import ClockState
from platone.infra.page.asset import asset_content
from platone.infra.page.language import LANGUAGE, LANGUAGES
from platone.kernel.market_time import MarketDay
from platone.messages.ledger import Wallet
from platone.messages.portfolio import RemunerationPage
from platone.messages.registry import SetpointBatch

_WORKER = {
    "Service-Worker-Allowed": "/",  # money and proofs are the household's, too
    "Cache-Control": "no-cache",
    # what a worker may ask for is said by its own answer
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; img-src 'self'",
}
_YEAR_S = 365 * 86_400
"""How long a choice of language stands, s."""


def household_pages(router: APIRouter, desk: Desk) -> None:
    """Add the customer's page, and its choice of language."""

    @router.get("/app")
    async def get_app(request: Request, pod: str = "", day: str = "", wrong: str = "") -> Response:
        """Show a household its day."""
        home = await home_of(desk, request, pod)
        if not home.pod:
            return show_home(desk, request, "app.html.j2", home)
        clock = await home.visitor.calls.get("/api/clock", ClockState)
        on = asked_day(day, clock.now, desk.zone)
        curves = await read_day(home.visitor, home.pod, on)
        if not day and not curves.is_measured:  # a day that has just begun shows nothing yet
            yesterday = await read_day(home.visitor, home.pod, on.previous)
            if yesterday.is_measured:
                on, curves = on.previous, yesterday
        shown = await _shown(home, on, curves)
        following = MarketDay.holding(clock.now, desk.zone).next
        sold = curves if on == following else await read_day(home.visitor, home.pod, following)
        shown |= {
            "tomorrow": await tomorrow_of(home, following),
            "sold": agreed_notices(following, sold.agreed_kw, sold.baseline_kw, home.reader),
            "wrong": wrong_told(wrong, home.reader),
        }
        return show_home(desk, request, "app.html.j2", home, **shown)

    @router.get("/app/worker.js")
    async def get_worker() -> Response:
        """Give the script by which the page opens without a network, and shows notices."""
        told = {language: sentences(language) for language in LANGUAGES}
        script = worker_script(asset_content("household-worker.js"), told)
        return Response(script, headers=dict(_WORKER), media_type="text/javascript")

    @router.get("/app/manifest.webmanifest")
    async def get_manifest(language: str = "") -> Response:
        """Tell what the app is called on a home screen, in its reader's language."""
        manifest = json.loads(asset_content("household.webmanifest"))
        name = sentences(language)["app_name"]
        told = manifest | {"name": f"Platone: {name}", "short_name": name, "lang": language or "en"}
        content = json.dumps(told, ensure_ascii=False)
        return Response(content, media_type="application/manifest+json")

    @router.post("/app/language")
    async def post_language(request: Request) -> Response:
        """Choose a language."""
        form = await desk.form(request)
        answer = go_to("/app/choices")
        if (chosen := form.get("language", "")) in LANGUAGES:
            answer.set_cookie(
                LANGUAGE,
                chosen,
                max_age=_YEAR_S,
                path="/",
                secure=True,
                httponly=True,
                samesite="lax",
            )
        return answer


async def payments_to(home: Home) -> list[Payment]:
    """Return the payments for a household's flexibility, the latest first."""
    earned = await home.visitor.calls.seen("/api/aggregator/remuneration", RemunerationPage)
    pods = [each for each in (earned.pods if earned else ()) if each.pod_id == home.pod]
    return payments_of(line for each in pods for line in each.lines)


async def _shown(home: Home, day: MarketDay, curves: DayCurves) -> dict[str, object]:
    reader, calls = home.reader, home.visitor.calls
    asked: dict[str, str | list[str]] = {
        "podId": home.pod,
        "from": day.start.isoformat(),
        "to": day.end.isoformat(),
    }
    setpoints = await calls.seen("/api/scd/setpoints", SetpointBatch, asked)
    wallet = await calls.seen(f"/api/contracts/wallets/{quote(home.pod, safe='')}", Wallet)
    payments = [each for each in await payments_to(home) if day.start <= each.start < day.end]
    told_plant = activation_notices(setpoints.setpoints if setpoints else (), reader)
    picture = draw_day_curves(curves, reader.told["picture"], NARROW, reader.language)
    return {
        "day": reader.day(day.on),
        "on": day.on,
        "before": day.previous.on,
        "after": day.next.on,
        "picture": "" if curves.is_empty else picture,
        "hours": hours_of(curves, reader.wall),
        "is_measured": curves.is_measured,
        "energy": energy_kwh(curves.measured_kw),
        "wallet": wallet,
        "notices": [
            *agreed_notices(day, curves.agreed_kw, curves.baseline_kw, reader),
            *told_plant,
        ],
        "payments": payments,
        "disputed": await disputed_lines(home.visitor),
        "draw_energy": draw_energy,
    }
