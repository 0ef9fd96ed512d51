"""What the DSO calculated: the network's states and alarms, written down as the day goes by."""

from typing import Any

from platone.demo.italy.day import DSO, Day, wire_time

ALARMS, STATES = "alarms.json", "grid.json"
_NOON = 48


async def record_forecast(day: Day, requests: list[Any]) -> None:
    """Write the forecast's alarms, and its state in the first quarter-hour that is asked for."""
    indices = [
        point["index"]
        for request in requests
        for part in request["flexibility"]
        for point in part["power"]
    ]
    at = wire_time(day.scenario.instant(min(indices, default=_NOON)))
    state = await _state(day, at)
    day.write(STATES, {"at": at, "states": [{"label": "forecast", "state": state}]})
    day.write(ALARMS, {"alarms": await _alarms(day, "forecast")})


async def record_outcome(day: Day) -> None:
    """Add what the market outcome would have done, and the state with the validated trades."""
    grid = day.written(STATES)
    if any(each["label"] == "validated" for each in grid["states"]):
        return
    after = await _alarms(day, "afterMarket")
    late = [alarm for alarm in after if alarm["at"] == grid["at"] and alarm["kind"] == "current"]
    grid["states"] += [
        {"label": "afterMarket", "state": {"at": grid["at"], "branches": _branches(late)}},
        {"label": "validated", "state": await _state(day, grid["at"])},
    ]
    day.write(ALARMS, {"alarms": day.written(ALARMS)["alarms"] + after})
    day.write(STATES, grid)


def _branches(alarms: list[Any]) -> list[dict[str, Any]]:
    """Of the state after the market, the DSO tells the branches that would be overloaded."""
    return [
        {
            "id": alarm["element"],
            "fromA": alarm["value"],
            "toA": alarm["value"],
            "limitA": alarm["limit"],
        }
        for alarm in alarms
    ]


async def _state(day: Day, at: str) -> Any:
    run = await day.party(DSO).post("/api/dso/powerFlow", {"startTime": at})
    return next(state for state in run["results"] if state["at"] == at)


async def _alarms(day: Day, stage: str) -> list[Any]:
    question = {"startTime": day.reference["startTime"], "stage": stage}
    found = await day.party(DSO).find("/api/dso/alarms", question)
    return [alarm | {"stage": stage} for alarm in (found or {"alarms": []})["alarms"]]
