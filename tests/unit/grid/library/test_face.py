"""What `from platone import grid` gives, what it loads, and where else its names stand."""

import inspect
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typer

import platone
from platone import grid
from platone.cli.dso_group import app

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "reference" / "grid-library.md"
HEAVY = {
    "aiomqtt",
    "aiosqlite",
    "amqtt",
    "asyncio",
    "eth",
    "fastapi",
    "httpx",
    "pandas",
    "sqlalchemy",
    "sqlite3",
    "starlette",
    "uvicorn",
    "vyper",
}


def loaded_by(code: str) -> set[str]:
    """The packages that a fresh interpreter holds after some code."""
    told = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", told], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_the_library_loads_no_web_framework_database_or_evm() -> None:
    found = loaded_by("import platone.grid")
    assert {"numpy", "power_grid_model"} <= found
    assert found & HEAVY == set()


def test_help_does_not_wait_for_the_engine() -> None:
    code = "from platone.cli import dso_group\nimport typer\ntyper.main.get_command(dso_group.app)"
    assert loaded_by(code) & {"numpy", "scipy", "power_grid_model"} == set()


def test_every_name_is_there_and_says_what_it_does() -> None:
    for name in grid.__all__:
        found = getattr(grid, name)
        if inspect.isclass(found) or inspect.isfunction(found):
            assert (found.__doc__ or "").split("\n")[0].endswith((".", "in one line.")), name
    functions = [getattr(grid, name) for name in grid.__all__ if name.islower()]
    assert len(functions) > 20
    assert all(inspect.isfunction(each) for each in functions)


def test_the_version_is_the_package_s() -> None:
    assert platone.__version__ == version("platone")
    assert Path(platone.__file__).with_name("py.typed").exists()


def test_the_page_names_what_there_is() -> None:
    text = PAGE.read_text("utf-8").partition("## What goes in")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| (.+?) \|", text, re.MULTILINE)
    assert len(rows) >= 15
    group: Any = typer.main.get_command(app)
    options = {
        option
        for command in group.commands.values()
        for parameter in command.params
        for option in (*parameter.opts, parameter.name.upper())
    }
    routes = re.findall(
        r"^### `(\w+ /\S+)`", (ROOT / "docs/reference/rest.md").read_text("utf-8"), re.MULTILINE
    )
    for function, command, rest in rows:
        assert function in grid.__all__
        assert command in options or command == function.replace("_", "-")
        assert command in options or command in group.commands
        assert set(re.findall(r"`(.+?)`", rest)) <= set(routes), rest
    told = {function for function, _, _ in rows}
    assert {name.replace("-", "_") for name in group.commands} <= told
