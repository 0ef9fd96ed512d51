"""The customer's pages, for a telephone: consumption, notices, and what was earned."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.pod_reading import asked_day, read_day
from platone.dashboard.domain.day_picture import NARROW, draw_day_curves
from platone.dashboard.domain.household import (
    activation_notices,
    agreed_notices,
    earning_lines,
)
from platone.dashboard.domain.language import LANGUAGES, day_in_words, preferred, sentences
from platone.dashboard.domain.pod_day import energy_kwh
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.infra.page.asset import asset_content
from platone.kernel.market_time import MarketDay
from platone.messages.ledger import Wallet
from platone.messages.portfolio import PortfolioPage, RemunerationPage
from platone.messages.registry import PodPage, SetpointBatch

LANGUAGE = "__Host-platone-language"
"""Cookie of the language that a person chose."""
_WORKER = {
    "Service-Worker-Allowed": "/app",
    "Cache-Control": "no-cache",
    # what a worker may ask for is said by its own answer
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
}
_YEAR_S = 365 * 86_400
"""How long a choice of language stands, s."""


def household_pages(router: APIRouter, desk: Desk) -> None:
    """Add the customer's page, and its choice of language."""

    @router.get("/app")
    async def get_app(request: Request, pod: str = "", day: str = "") -> Response:
        """Show a household its day."""
        visitor = await desk.visitor(request)
        language = request.cookies.get(LANGUAGE) or preferred(
            request.headers.get("Accept-Language", "")
        )
        language = language if language in LANGUAGES else "en"
        told = sentences(language)
        frame = {"language": language, "languages": LANGUAGES, "t": told}
        found = await visitor.calls.get("/api/scd/pods", PodPage)
        pods = [each.pod_id for each in found.pods]
        if not pods:
            return desk.show(request, "app.html.j2", visitor, pods=pods, **frame)
        chosen = pod if pod in pods else pods[0]
        clock = await visitor.calls.get("/api/clock", ClockState)
        on = asked_day(day, clock.now, desk.zone)
        shown = await _shown(visitor, chosen, on, language)
        return desk.show(request, "app.html.j2", visitor, pods=pods, pod=chosen, **frame, **shown)

    @router.get("/app/worker.js")
    async def get_worker() -> Response:
        """Give the script by which the page opens without a network."""
        return Response(
            asset_content("household-worker.js"),
            headers=dict(_WORKER),
            media_type="text/javascript",
        )

    @router.post("/app/language")
    async def post_language(request: Request) -> Response:
        """Choose a language."""
        form = await desk.form(request)
        answer = go_to("/app")
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


async def _shown(visitor: Visitor, pod: str, day: MarketDay, language: str) -> dict[str, object]:
    told, calls = sentences(language), visitor.calls
    curves = await read_day(visitor, pod, day)
    asked: dict[str, str | list[str]] = {
        "podId": pod,
        "from": day.start.isoformat(),
        "to": day.end.isoformat(),
    }
    setpoints = await calls.seen("/api/scd/setpoints", SetpointBatch, asked)
    wallet = await calls.seen(f"/api/contracts/wallets/{quote(pod, safe='')}", Wallet)
    earned = await calls.seen("/api/aggregator/remuneration", RemunerationPage)
    portfolio = await calls.seen("/api/aggregator/pods", PortfolioPage)
    lines = [
        line
        for each in (earned.pods if earned else ())
        if each.pod_id == pod
        for line in each.lines
    ]
    entries = [
        each.entry for each in (portfolio.pods if portfolio else ()) if each.entry.pod.pod_id == pod
    ]
    told_plant = activation_notices(setpoints.setpoints if setpoints else (), day.zone, told)
    return {
        "day": day_in_words(day.on, language),
        "before": day.previous.on,
        "after": day.next.on,
        "picture": "" if curves.is_empty else draw_day_curves(curves, told["picture"], NARROW),
        "is_measured": any(value is not None for value in curves.measured_kw),
        "energy": energy_kwh(curves.measured_kw),
        "wallet": wallet,
        "notices": [*agreed_notices(day, curves.agreed_kw, told), *told_plant],
        "earnings": earning_lines(lines, told),
        "entry": entries[0] if entries else None,
    }
