"""What the grid operator keeps is what its pages say."""

from datetime import timedelta
from pathlib import Path

from platone.dso.domain.retention import (
    ESTIMATIONS_KEPT,
    PHASOR_INSTANTS_ANSWERED,
    PHASOR_INSTANTS_KEPT,
    TELEMETRY_KEPT,
)

PAGES = Path(__file__).parents[3] / "docs" / "reference"


def text(page: str) -> str:
    return " ".join((PAGES / page).read_text("utf-8").split())


def test_what_is_kept_is_what_the_pages_say() -> None:
    phasors, estimations = text("phasor-power.md"), text("state-estimation.md")
    assert f"{PHASOR_INSTANTS_KEPT:,} component readings of a device" in phasors
    assert f"in one answer about {PHASOR_INSTANTS_ANSWERED:,}" in phasors
    assert f"(the last {ESTIMATIONS_KEPT:,})" in estimations
    assert "(kept for a day)" in estimations
    assert timedelta(hours=24) == TELEMETRY_KEPT
