"""Type follows the size that a reader has set in the browser (WCAG 2.2, 1.4.4)."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "platone"
_IN_PIXELS = re.compile(r"font(?:-size)?:[^;{}]*?\dpx|@media[^{]*\dpx")
_DRAWING = re.compile(r"[^{}]*\bsvg\b[^{}]*\{[^}]*\}")
"""Rules of drawings: their type is in units of the drawing, which is scaled as a whole."""
SHEETS = [each for each in sorted(SOURCE.rglob("*.css")) if "uplot" not in each.name]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda each: each.name)
def test_no_type_of_a_page_is_in_pixels(sheet: Path) -> None:
    """A pixel stays what it is where somebody asks for larger text."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"@media print\s*\{(?:[^{}]*\{[^}]*\})*\s*\}", "", text)
    assert _IN_PIXELS.findall(_DRAWING.sub("", text)) == []


def test_there_are_sheets_to_look_at() -> None:
    assert len(SHEETS) >= 5
