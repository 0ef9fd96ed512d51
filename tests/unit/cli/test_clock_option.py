"""Every study of a network says what the clocks of its transformers do to angles."""

from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from platone.cli import app

CLOCKS = Path(__file__).parents[2] / "data" / "grid" / "dyn5_clock.zip"
GROUP = typer.main.get_command(app).commands["dso"]  # type: ignore[attr-defined]
WITHOUT_ANGLES = {"associate"}
"""It looks at switches only."""
STUDIES = sorted(
    name
    for name, command in GROUP.commands.items()
    if "network" in {each.name for each in command.params} and name not in WITHOUT_ANGLES
)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_lets_it_be_chosen(name: str) -> None:
    options = {option for each in GROUP.commands[name].params for option in each.opts}
    assert "--clocks" in options


def test_there_are_the_studies_that_the_page_names() -> None:
    assert {"convert", "estimate", "heat-map", "outage", "picture", "power-flow"} <= set(STUDIES)
    assert {"request", "validate"} <= set(STUDIES)


def test_a_picture_is_drawn_with_each_choice(tmp_path: Path) -> None:
    for choice, code in (("counted", 0), ("left-out", 0), ("solved", 0), ("maybe", 2)):
        page = tmp_path / f"{choice}.svg"
        words = ["dso", "picture", str(CLOCKS), "--output", str(page), "--clocks", choice]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == code, done.output
        assert page.exists() is (code == 0)
