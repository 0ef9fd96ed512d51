"""A simulated transmission system operator: it asks a market for flexibility, and pays."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import msgspec

from platone.bootstrap.problem import MarketSilent, RequestsUnusable
from platone.bootstrap.remote_market import RemoteMarket
from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused, PartnerUnavailable
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import FlexibilityService, MarketSession, MarketSessionPage
from platone.messages.outcome import ValidatedOutcome
from platone.messages.settlement import Settlement
from platone.messages.tso import TsoReport, TsoRequests

T = TypeVar("T")
Tell = Callable[[str], None]

_LOOK_S = 1.0
"""Pause between two looks at a session, s: short beside a gate's hours."""
_UNBORN = "created"
_OPEN = "active"
_ENDED = frozenset({"settled", "partlyPaid", "notPaid", "notTraded", "notValidated", "cancelled"})
"""States in which a session's course is over."""
_DECIDED = _ENDED | {"validated"}
_WITHOUT_TRADES = frozenset({"notTraded", "notValidated", "cancelled"})


class TsoSimulator:
    """One operator at a market, which may be away for a while.

    Args:
        client: The operator's calls.
        patience_s: How long it waits for the market altogether, s.
        tell: Takes a line on what happens.
    """

    def __init__(self, client: PartyClient, patience_s: float, tell: Tell) -> None:
        self._client = client
        self._until_s = time.monotonic() + patience_s
        self._tell = tell

    async def run(self, wanted: TsoRequests) -> TsoReport:
        """Send the requests, wait until their sessions are over, and return what came of them.

        Raises:
            MarketSilent: It took longer than the patience lasts.
            RequestsUnusable: A request names no session.
        """
        submissions = [await self._send(each) for each in wanted.requests]
        taken = [
            request
            for request, answer in zip(wanted.requests, submissions, strict=True)
            if answer.status is not SubmissionStatus.REFUSED
        ]
        sessions = [await self._ended(each) for each in _one_of_each_session(taken)]
        traded = [each for each in sessions if each.status not in _WITHOUT_TRADES]
        outcomes = [
            await self._read(f"/api/validatedOutcome/{each.id}", ValidatedOutcome)
            for each in traded
        ]
        settlements = [
            await self._read(f"/api/settlement/{each.market_outcome}", Settlement)
            for each in traded
        ]
        for settlement in settlements:
            self._tell(_paid(settlement))
        return TsoReport(
            submissions=submissions, sessions=sessions, outcomes=outcomes, settlements=settlements
        )

    async def _send(self, request: FlexibilityService) -> Submission:
        """Send a request once its session is open; a refusal is an answer, too."""
        await self._session(request, lambda found: found.status != _UNBORN)
        try:
            answer = await self._patiently(
                lambda: self._client.post("/api/flexibilityService", request, Submission)
            )
        except PartnerRefused as refusal:
            problem = refusal.fields.get("partnerProblem")
            answer = Submission(
                id=request.player_service_id,
                status=SubmissionStatus.REFUSED,
                problem=problem if isinstance(problem, dict) else {"detail": refusal.detail},
            )
        said = "" if answer.problem is None else f": {answer.problem.get('detail', '')}"
        self._tell(f"{request.player_service_id}: {answer.status.value}{said}")
        return answer

    async def _ended(self, request: FlexibilityService) -> MarketSession:
        """Wait until a request's session is over, and tell of its outcome on the way."""
        decided = await self._session(request, lambda found: found.status in _DECIDED)
        self._tell(f"session {decided.id}: {decided.status}")
        if decided.status not in _WITHOUT_TRADES:
            path = f"/api/validatedOutcome/{decided.id}"
            for line in _bought(await self._read(path, ValidatedOutcome)):
                self._tell(line)
        return await self._session(request, lambda found: found.status in _ENDED)

    async def _session(
        self, request: FlexibilityService, is_so: Callable[[MarketSession], bool]
    ) -> MarketSession:
        """Wait until the session of a request is as is asked, and return it."""
        if request.market_type is None or request.start_time is None:
            raise RequestsUnusable(
                f"{request.player_service_id} has to name its session: marketType and startTime.",
                playerServiceId=request.player_service_id,
            )
        params: dict[str, str | list[str]] = {
            "marketType": request.market_type.value,
            "from": request.start_time.isoformat(),
            "to": (request.start_time + timedelta(seconds=1)).isoformat(),
        }
        while True:
            page = await self._patiently(
                lambda: self._client.get("/api/marketSession", MarketSessionPage, params)
            )
            found = next(iter(page.sessions), None)
            if found is not None and is_so(found):
                return found
            await self._pause(f"the session of {request.player_service_id}")

    async def _read(self, path: str, kind: type[T]) -> T:
        """Return the message at a path as soon as it is there."""
        while True:
            try:
                return await self._patiently(lambda: self._client.get(path, kind))
            except PartnerRefused as refusal:  # it is not there yet
                await self._pause(refusal.detail)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call until the market answers."""
        while True:
            try:
                return await call()
            except PartnerUnavailable as silent:
                await self._pause(silent.detail)

    async def _pause(self, waits_for: str) -> None:
        if time.monotonic() > self._until_s:
            raise MarketSilent(f"The operator has waited long enough: {waits_for}")
        await asyncio.sleep(_LOOK_S)


def _one_of_each_session(requests: list[FlexibilityService]) -> list[FlexibilityService]:
    return list({(each.market_type, each.start_time): each for each in requests}.values())


def _bought(outcome: ValidatedOutcome) -> list[str]:
    return [
        f"bought of {part.pod} in quarter-hour {trade.index}: {trade.accepted_p_change:g} kW "
        f"for {trade.accepted_p_price:g} EUR/kWh"
        for part in outcome.flexibility
        for trade in part.power
        if trade.accepted_p_change
    ]


def _paid(settlement: Settlement) -> str:
    lines = [power for part in settlement.flexibility for power in part.power]
    settled = sum(1 for each in lines if each.status == "settled")
    paid_eur = sum(each.paid_p - each.penalty_p for each in lines)
    return (
        f"settlement {settlement.settlement_id}: {settled} of {len(lines)} lines, {paid_eur:g} EUR"
    )


def simulate_tso(way: RemoteMarket, requests: bytes, patience_s: float, tell: Tell) -> bytes:
    """Have a simulated operator send requests, and return what came of them, as JSON.

    Args:
        way: The way to the market, and the operator's client.
        requests: The requests, JSON.
        patience_s: How long it waits for the market altogether, s.
        tell: Takes a line on what happens.

    Raises:
        RequestsUnusable: The file is not of its form.
        MarketSilent: It took longer than the patience lasts.
        CredentialsUnusable: The market cannot be reached with these credentials.
    """
    try:
        wanted = msgspec.json.decode(requests, type=TsoRequests)
    except msgspec.DecodeError as error:
        raise RequestsUnusable(f"The file holds no requests: {error}") from error

    async def whole() -> TsoReport:
        async with way.http() as http:
            return await TsoSimulator(way.client(http), patience_s, tell).run(wanted)

    return msgspec.json.encode(asyncio.run(whole()))
