"""Auditors' accesses are kept as long as the page of rights says."""

from datetime import timedelta
from pathlib import Path

from platone.identity.domain.access import ACCESSES_KEPT

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "rights.md"


def test_accesses_are_kept_for_two_years() -> None:
    assert "`GET /api/identity/accesses` for two years" in PAGE.read_text("utf-8")
    assert timedelta(days=730) == ACCESSES_KEPT
