"""What pages load is what was published, and what every browser may keep."""

import hashlib
from importlib import resources
from pathlib import Path

import pytest

from platone.infra.page.asset import asset_content

ROOT = Path(__file__).parents[3]
ASSETS = resources.files("platone.infra.page").joinpath("asset")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_script_is_the_published_one() -> None:
    """Of npm's htmx.org 4.0.1, as the page of dependencies tells it."""
    told = (ROOT / "docs" / "reference" / "dependencies.md").read_text("utf-8")
    assert f"`{_hash(ASSETS.joinpath('htmx.min.js').read_bytes())}`" in told
    assert "Zero-Clause BSD" in ASSETS.joinpath("htmx.LICENSE.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ["uplot.min.js", "uplot.min.css"])
def test_the_charts_are_the_published_ones(name: str) -> None:
    """Of npm's uplot 1.6.32, as the page of dependencies tells it."""
    told = (ROOT / "docs" / "reference" / "dependencies.md").read_text("utf-8")
    assert f"`{_hash(ASSETS.joinpath(name).read_bytes())}`" in told
    assert "MIT License" in ASSETS.joinpath("uplot.LICENSE.txt").read_text("utf-8")


def test_the_checker_of_accessibility_is_the_published_one() -> None:
    folder = ROOT / "tests" / "data" / "axe"
    told = (folder / "README.md").read_text("utf-8")
    assert _hash((folder / "axe.min.js").read_bytes()) in told


def test_the_style_loads_nothing() -> None:
    style = asset_content("platone.css").decode()
    assert "url(" not in style
    assert "@import" not in style
