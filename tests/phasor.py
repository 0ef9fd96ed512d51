"""Messages of a phasor measurement unit, and what they say."""

from typing import Any

AT = "2021-06-22T13:00:00+00:00"
PHASES = {"A": 0.0, "B": -120.0, "C": 120.0}
ONE, OTHER = "0x" + "aA" * 20, "0x" + "bB" * 20


def frame(
    device: str,
    *,
    at: str = AT,
    unit: float = 1.0,
    component: str = "line/3",
    amperes: float = 10.0,
) -> dict[str, Any]:
    """Three phases of 230 V and a current 30 degrees behind it, angles times `unit`."""
    readings = [
        {"component": component, "measurand": measurand, "phase": phase, "data": value}
        for phase, turn in PHASES.items()
        for measurand, value in (
            ("voltmagnitude", 230.0),
            ("voltangle", (turn + 5.0) * unit),
            ("currmagnitude", amperes),
            ("currangle", (turn - 25.0) * unit),
        )
    ]
    return {"device": device, "timestamp": at, "readings": readings}


def values(message: dict[str, Any]) -> dict[tuple[str, str, str], float]:
    """The readings of a message by component, measurand and phase."""
    return {
        (it["component"], it["measurand"], it["phase"]): it["data"] for it in message["readings"]
    }
