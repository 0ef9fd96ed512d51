"""An image of words is well-formed XML that holds them, whatever they are."""

import re
import xml.etree.ElementTree as ET

import pytest

from platone.dashboard.domain.told_image import told_image

_TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.mark.parametrize("said", ["No network is stored.", "<b>&\"'</b> nowhere", "word " * 400])
def test_words_stand_in_the_image(said: str) -> None:
    root = ET.fromstring(told_image(said))  # noqa: S314 - our own
    lines = [each.text or "" for each in root.iter(_TEXT)]
    assert len(lines) <= 8
    assert " ".join(said.split()).startswith(" ".join(lines).removesuffix(" …"))


@pytest.mark.parametrize(
    ("characters", "lines"), [(1, 1), (128, 1), (129, 2), (1024, 8), (1025, 8)]
)
def test_lines_stand_below_each_other_within_the_image(characters: int, lines: int) -> None:
    """Laid out by hand: a line every 24 units, of 128 signs at most, and half a line below all."""
    root = ET.fromstring(told_image("x" * characters))  # noqa: S314 - our own
    places = [(each.get("x"), each.get("y")) for each in root.iter(_TEXT)]
    assert places == [("4", str(24 * place)) for place in range(1, lines + 1)]
    height = 24 * lines + 12
    assert root.get("viewBox") == f"0 0 1180 {height}"
    assert (root.get("width"), root.get("height")) == ("1180", str(height))
    assert max(len(each.text or "") for each in root.iter(_TEXT)) <= 128


def test_words_are_dark_on_a_light_page_and_light_on_a_dark_one() -> None:
    picture = told_image("No network is stored.").decode()
    light, dark = picture.split("@media(prefers-color-scheme:dark)")
    shades = []
    for part in (light, dark):
        (colour,) = re.findall("fill:#([0-9a-f]{6})", part)
        shades.append(sum(bytes.fromhex(colour)) / 3)
    assert shades[0] < 128 < shades[1]
