"""Steps 8 and 9: the field follows, meters answer, and what was delivered is paid."""

from datetime import datetime
from typing import Any

from platone.demo.italy.day import AUDITOR, DSO, OPERATOR, Day, wire_time
from platone.demo.italy.trading import trade_count


async def activate(day: Day) -> str:
    """Wait until setpoints have reached the Light Nodes, which acknowledge them."""
    outcome = await day.party(OPERATOR).get(f"/api/validatedOutcome/{day.session['marketOutcome']}")
    expected = {
        (part["pod"], power["index"])
        for part in outcome["flexibility"]
        for power in part["power"]
        if power["playerRequestId"] is not None and power["acceptedPChange"] != 0
    }

    async def probe() -> Any:
        answered = [
            each
            for each in await _setpoints(day)
            if each.get("status") == "accepted"
            and day.scenario.start <= datetime.fromisoformat(each["startTime"]) < day.scenario.end
        ]  # an earlier day has its own
        return answered if len(answered) >= len(expected) else None

    setpoints = await day.wait("the acknowledgements of all setpoints", probe)
    return f"{len(setpoints)} setpoints acknowledged by their Light Nodes"


async def _setpoints(day: Day) -> list[Any]:
    """Return the DSO's setpoints."""
    found: list[Any] = (await day.party(DSO).get("/api/dso/setpoints"))["setpoints"]
    return found


async def measure(day: Day) -> str:
    """Let the day go by; every meter's quarter-hours are signed, received and certified."""
    await day.move_clock(day.scenario.end)
    sent = await day.fleet.deliver()
    expected = len(day.scenario.plants) * day.scenario.quarter_hours
    span = {"from": wire_time(day.scenario.start), "to": wire_time(day.scenario.end)}

    async def probe() -> Any:
        found = await day.party(AUDITOR).get("/api/scd/measurements", span)
        return found["measurements"] if len(found["measurements"]) >= expected else None

    measurements = await day.wait("the day's measurements", probe)
    return f"{sent} signed messages, {len(measurements)} certified quarter-hours"


async def settle(day: Day) -> str:
    """Wait until the market has settled from certified measurements, and the contract has paid."""
    session = await day.wait_session("settled", "notTraded")
    outcome = await day.party(OPERATOR).get(f"/api/validatedOutcome/{session['marketOutcome']}")
    if not trade_count(outcome):
        return "nothing was traded"
    settlement = await day.wait("the paid settlement", lambda: find_settlement(day))
    lines = [line for part in settlement["flexibility"] for line in part["power"]]
    net = sum(line["paidP"] - line["penaltyP"] for line in lines)
    return f"{len(lines)} lines settled, {net:.2f} € paid in tokens"


async def find_settlement(day: Day) -> Any:
    """Return the settlement, once every line of it is settled, certified and paid."""
    outcome_id = day.session["marketOutcome"]
    settlement = await day.party(OPERATOR).find(f"/api/settlement/{outcome_id}")
    if not settlement:
        return None
    lines = [line for part in settlement["flexibility"] for line in part["power"]]
    is_done = all(line["status"] == "settled" for line in lines) and (
        not lines or settlement.get("transactionHash")
    )
    return settlement if is_done else None
