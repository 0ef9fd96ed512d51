"""Steps 3 to 7: requests, offers, clearing, validation, the final outcome."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from platone.demo.connection import DayFailed
from platone.demo.italy.day import DSO, ENDED, OPERATOR, TSO, Day
from platone.demo.italy.grid import record_forecast, record_outcome
from platone.demo.scenario import Scenario
from platone.messages.base import MarketType
from platone.messages.market import FlexibilityService, ServiceType

_OPEN = "active"
_VALIDATED = ("validated", *ENDED)
_CLEARED = ("outcome", *_VALIDATED)
_HOUR_QUARTERS = 4
"""Quarter-hours of an hour: a session's length is told in hours."""


async def request(day: Day) -> str:
    """Open the gate; the DSO asks for what cures its network, and the TSO asks too."""
    session = await day.wait("the market session", day.find_session)
    await day.move_clock(datetime.fromisoformat(session["gateOpens"]))
    session = await day.wait_session(_OPEN, "closed", *_CLEARED)
    if session["status"] != _OPEN:
        await _check_used(day)
        return "the gate has closed already: the requests stand"
    limit = day.scenario.dso.price_limit_eur_per_kwh
    asked = day.reference | {"priceLimitEurPerKwh": limit}
    answer = await day.party(DSO).post("/api/dso/flexibilityRequest", asked)
    requests = [answer["request"]] if answer["request"] else []
    tso = tso_request(day.scenario)
    if tso is not None:
        await day.party(TSO).post("/api/flexibilityService", tso)
        requests.append(msgspec.to_builtins(tso))
    await record_forecast(day, requests)
    alarms, left = len(answer["alarms"]), len(answer["incurable"])
    said = f"limits broken in the forecast: {alarms}, requests: {len(requests)}"
    return f"{said}, limits that no PoD can cure: {left}" if left else said


async def _check_used(day: Day) -> None:
    """Check that a session whose gate has closed was used: an earlier run stopped after it.

    Raises:
        DayFailed: Nobody used it; the message names the first day that can still be run.
    """
    session = day.session
    if session["marketOutcome"] is not None or session["status"] != "notTraded":
        return
    wanted = {"marketType": "dayAhead", "from": session["startTime"]}
    page = await day.party(OPERATOR).get("/api/marketSession", wanted)
    zone = ZoneInfo(day.scenario.day.zone)
    first = next(
        datetime.fromisoformat(each["startTime"]).astimezone(zone).date()
        for each in page["sessions"]
        if each["status"] in {"created", _OPEN}
    )
    raise DayFailed(
        f"the gate of {day.scenario.day.market_day} closed at {session['gateCloses']}, and nobody "
        "had used it: a market day is traded on the day before, and the server's clock is beyond "
        f"that. Run {first} or a later day: market_day = {first} in scenario.toml, with "
        "clock_start and metering_starts on the day before"
    )


async def offer(day: Day) -> str:
    """Send the aggregators' offers of what their customers allow."""
    if day.session["status"] != _OPEN:
        return "the gate has closed already: the offers stand"
    count = 0
    for party_id in day.scenario.aggregators:
        answer = await day.party(party_id).post("/api/aggregator/offers", day.reference)
        for result in answer["results"]:
            if result["status"] == "refused":
                said = (result.get("problem") or {}).get("detail", "without a reason")
                raise DayFailed(f"the offer {result['id']} was refused: {said}")
            count += 1
    return f"{count} offers of {len(day.scenario.aggregators)} aggregators"


async def clear(day: Day) -> str:
    """Close the gate, and wait until the market has cleared."""
    await day.move_clock(datetime.fromisoformat(day.session["gateCloses"]))
    session = await day.wait_session(*_CLEARED)
    outcome = await day.party(OPERATOR).get(f"/api/marketOutcome/{session['marketOutcome']}")
    return f"{trade_count(outcome)} trades; input and outcome carry their hashes"


async def validate(day: Day) -> str:
    """Wait until the DSO has checked the market outcome on its network."""
    session = await day.wait_session(*_VALIDATED)
    outcome_id = session["marketOutcome"]
    await record_outcome(day, await day.party(OPERATOR).get(f"/api/marketOutcome/{outcome_id}"))
    technical = await day.party(OPERATOR).find(f"/api/technicalOutcome/{outcome_id}")
    if technical is None:
        return "there is no trade to check"
    cuts = sum(bool(point["cuts"]) for pod in technical["flexibility"] for point in pod["power"])
    return f"trades cut to what the cables bear: {cuts}" if cuts else "the grid takes all of it"


async def publish(day: Day) -> str:
    """Wait until the final outcome is certified and published to each participant."""
    outcome_id = day.session["marketOutcome"]

    async def probe() -> Any:
        outcome = await day.party(OPERATOR).find(f"/api/validatedOutcome/{outcome_id}")
        return outcome if outcome and outcome.get("certificationId") else None

    outcome = await day.wait("the certified validated outcome", probe)
    return f"{trade_count(outcome)} final trades, certified"


def tso_request(scenario: Scenario) -> FlexibilityService | None:
    """Return the simulated TSO's request for the day."""
    if scenario.tso_request is None:
        return None
    return FlexibilityService(
        player_id=TSO,
        service_type=ServiceType.TSO_REQUEST,
        player_service_id=f"TSO:::dayAhead:::{scenario.start:%Y-%m-%dT%H:%M:%S}.000Z",
        flexibility=scenario.tso_request.flexibility,
        market_type=MarketType.DAY_AHEAD,
        start_time=scenario.start,
        duration=scenario.quarter_hours // _HOUR_QUARTERS,
    )


def trade_count(outcome: Any) -> int:
    """Return the number of trades in an outcome; rejected offers are none."""
    return sum(
        power["playerRequestId"] is not None and power["acceptedPValue"] is not None
        for part in outcome["flexibility"]
        for power in part["power"]
    )
