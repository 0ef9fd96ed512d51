"""Two runs of the Italian day compared: what neither kills nor distance may change."""

from pathlib import Path
from typing import Any

COMPARED = (
    "index",
    "requestedP",
    "measuredP",
    "baselineP",
    "priceP",
    "paidP",
    "penaltyP",
    "status",
    "customerTokens",
)
"""What a settlement's lines tell, but hashes and identifiers: keys and salts differ."""


def assert_same_day(out: Path, italy: Any) -> None:
    """Settlement, wallets, setpoints and measurements of a run are those of the undisturbed one."""
    disturbed = type(italy)(0, "", out)
    assert _lines(disturbed) == _lines(italy)
    for name, key, fields in (
        ("wallets.json", "wallets", ("pod", "balance")),
        ("setpoints.json", "setpoints", ("podId", "startTime", "powerKw")),
        ("measurements.json", "measurements", ("podId", "startTime", "energyWh")),
    ):
        one, other = (
            sorted(tuple(each[field] for field in fields) for each in run.read(name)[key])
            for run in (disturbed, italy)
        )
        assert one == other


def _lines(run: Any) -> Any:
    return [
        (part["pod"], [{name: line[name] for name in COMPARED} for line in part["power"]])
        for part in sorted(
            run.read("settlement.json")["flexibility"], key=lambda part: str(part["pod"])
        )
    ]
