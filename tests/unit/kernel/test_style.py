"""The one style: its colours stand in one place, in the light and in the dark, and can be read.

Contrast is that of WCAG 2.2, 1.4.3: 4.5 for text, by the relative luminance of sRGB.
"""

import re
from itertools import product
from pathlib import Path

import pytest

import platone
from platone.infra.page.asset import asset_content
from platone.kernel.style.sheet import colours, common_style

SOURCE = Path(platone.__file__).parent
LEAST = 4.5
OWN = (
    "infra/page/asset/platone.css",
    "demo/italy/template/style.css",
    "simulation/template/style.css",
    "grid/picture/page/page.css",
)
"""Style sheets of single pages: the dashboard, both reports, the picture of a network."""


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WebAIM's example


def test_each_colour_is_there_in_the_light_and_in_the_dark() -> None:
    assert colours().keys() == colours(dark=True).keys()
    assert len(colours()) > 30


@pytest.mark.parametrize("is_dark", [False, True])
def test_text_is_read_on_what_it_stands_on(is_dark: bool) -> None:  # noqa: FBT001
    known = colours(dark=is_dark)
    pairs = [
        *product(("ink", "soft", "good", "near", "over", "bad", "accent"), ("paper", "card")),
        *((name, f"{name}-wash") for name in ("good", "near", "over", "accent")),
        ("on-accent", "accent"),
        ("ink", "grid"),
    ]
    faint = {pair: contrast(*(known[name] for name in pair)) for pair in pairs}
    assert {pair: round(found, 2) for pair, found in faint.items() if found < LEAST} == {}


@pytest.mark.parametrize("name", OWN)
def test_no_page_has_colours_or_letters_of_its_own(name: str) -> None:
    style = (SOURCE / name).read_text("utf-8")
    assert re.findall(r"#[0-9a-f]{6}\b", style) == []
    assert re.findall(r"system-ui|Georgia|monospace", style) == []
    used = set(re.findall(r"var\(--([a-z-]+)\)", style + common_style()))
    defined = set(re.findall(r"--([a-z-]+):", common_style()))
    assert used <= defined


def test_pages_begin_with_the_common_style() -> None:
    assert asset_content("platone.css").decode().startswith(common_style())


def test_motion_is_only_for_who_wants_it() -> None:
    """Whatever moves by itself stands within a wish for it, or is stilled for all others."""
    stilled = "@media(prefers-reduced-motion:reduce){*,::before,::after{animation:none!important"
    assert stilled in common_style()
    for name in OWN:
        style = (SOURCE / name).read_text("utf-8")
        free = re.sub(r"@media\(prefers-reduced-motion:no-preference\)\{.*\}\}", "", style)
        assert re.findall(r"transition|animation|scroll-behavior", free) == [], name


def test_a_text_of_a_picture_looks_as_its_class_says() -> None:
    """The look of all texts names no class that would outweigh theirs (CSS selectors, 17)."""
    sheet = re.sub(r"/\*.*?\*/", "", common_style(), flags=re.DOTALL)
    selectors = ",".join(re.findall(r"([^{}]*)\{[^{}]*\}", sheet)).split(",")
    of_texts = [each for each in map(str.strip, selectors) if each.endswith(" text")]
    assert of_texts
    assert [each for each in of_texts if "." in re.sub(r":where\([^)]*\)", "", each)] == []
