"""The DSO's calculations, written down as the day goes by: the network's states and alarms."""

from collections.abc import Sequence
from typing import Any

from platone.demo.italy.day import DSO, Day, wire_time

ALARMS, STATES = "alarms.json", "grid.json"
_NOON = 48
"""Quarter-hour of noon: shown where no trade says which."""


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


async def record_outcome(day: Day, outcome: Any) -> None:
    """Add the states that the market outcome and the validated trades lead to."""
    grid = day.written(STATES)
    if any(each["label"] == "validated" for each in grid["states"]):
        return
    after = await _alarms(day, "afterMarket")
    at = grid["at"]
    grid["states"] += [
        {"label": "afterMarket", "state": await _state(day, at, _cleared(outcome))},
        {"label": "validated", "state": await _state(day, at)},
    ]
    day.write(ALARMS, {"alarms": day.written(ALARMS)["alarms"] + after})
    day.write(STATES, grid)


def _cleared(outcome: Any) -> list[dict[str, Any]]:
    """Return the totals that the market accepted, as they would be without the DSO's check."""
    return [
        {"podId": part["pod"], "index": power["index"], "powerKw": power["acceptedPValue"]}
        for part in outcome["flexibility"]
        for power in part["power"]
        if power["acceptedPValue"] is not None
    ]


async def _state(day: Day, at: str, suppose: Sequence[dict[str, Any]] = ()) -> Any:
    question = {"startTime": at, "suppose": list(suppose)}
    run = await day.party(DSO).post("/api/dso/powerFlow", question)
    return next(state for state in run["results"] if state["at"] == at)


async def _alarms(day: Day, stage: str) -> list[Any]:
    question = {"startTime": day.reference["startTime"], "stage": stage}
    found = await day.party(DSO).find("/api/dso/alarms", question)
    return [alarm | {"stage": stage} for alarm in (found or {"alarms": []})["alarms"]]
