"""The commands of tutorial and how-to are typed as they stand, and show what the pages show."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def console(page: Path) -> list[tuple[str, list[str]]]:
    """The commands of a page's console blocks, each with the output that it shows."""
    steps: list[tuple[str, list[str]]] = []
    for block in BLOCK.findall(page.read_text("utf-8")):
        until = ""
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
                until = line.rpartition("<<'")[2].rstrip("'") if "<<'" in line else ""
            elif until:
                steps[-1] = (f"{steps[-1][0]}\n{line}", [])
                until = "" if line == until else until
            else:
                steps[-1][1].append(line)
    return steps


def follow(pages: tuple[Path, ...], folder: Path, address: tuple[str, str] = ("", "")) -> None:
    """Type the pages' commands into one shell; each must show what its page shows, in order."""
    steps = [step for page in pages for step in console(page)]
    script = ["set -u", 'fail() { echo "@@ failed $1"; }']
    for number, (command, _) in enumerate(steps):
        typed = command.replace(*address) if address[0] else command
        script += [f"echo '@@ {number}'", typed, f"[ $? = 0 ] || fail {number}"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash"],
        input="\n".join(script),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=os.environ | {"PATH": path, "COLUMNS": "160"},
    )
    assert "@@ failed" not in done.stdout, done.stdout[-3000:] + done.stderr
    parts = re.findall(r"^@@ (\d+)\n(.*?)(?=^@@ |\Z)", done.stdout, re.MULTILINE | re.DOTALL)
    shown = {int(number): text for number, text in parts}
    for number, (command, lines) in enumerate(steps):
        expected = ".*".join(re.escape(line).replace("…", ".*") for line in lines)
        assert re.search(expected, shown[number], re.DOTALL), f"{command}\n{shown[number]}"


def test_tutorial(italy: Any, tmp_path: Path) -> None:
    assert italy.code == 0, italy.printed
    shutil.copytree(italy.out, tmp_path / "out" / "italy", ignore=shutil.ignore_patterns("nodes"))
    (tmp_path / "src").symlink_to(ROOT / "src")
    page = DOCS / "tutorials" / "first-day.md"
    assert len(console(page)) >= 10
    follow((page,), tmp_path)


def test_drive_by_rest_and_draw(server_at: Callable[[datetime], Any], tmp_path: Path) -> None:
    """From registration to payment, then pictures of it; the server is started as the page says."""
    page = DOCS / "how-to" / "drive-by-rest.md"
    (start,) = re.findall(r"(?m)^platone serve --clock (\S+) --speed 0$", page.read_text("utf-8"))
    server = server_at(datetime.fromisoformat(start))
    (tmp_path / "platone-data").symlink_to(server.data)
    (tmp_path / "docs").symlink_to(DOCS)
    assert len(console(page)) >= 40
    draw = DOCS / "how-to" / "draw-a-network.md"
    assert len(console(draw)) >= 11
    follow((page, draw), tmp_path, ("https://127.0.0.1:8443", server.base_url))


@pytest.mark.parametrize("page", ["draw-a-network", "study-outages"])
def test_a_page_s_python_runs(page: str, tmp_path: Path) -> None:
    text = (DOCS / "how-to" / f"{page}.md").read_text("utf-8")
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    (tmp_path / "docs").symlink_to(DOCS)
    (tmp_path / "out").mkdir()
    done = subprocess.run(  # noqa: S603 - the page's own program
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_studies_on_files(tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(DOCS)
    page = DOCS / "how-to" / "study-outages.md"
    assert len(console(page)) >= 1
    follow((page,), tmp_path)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("request street.json --power day.csv --flexibility flexibility.csv", "12 need(s)"),
        ("validate street.json --power day.csv --trades trades.csv", "1 whole, 1 cut"),
        ("estimate street.json --measurements measurements.json", "measurements agree"),
        ("profile metering.csv", "IT001E00000071,6,working,50,"),
        ("forecast metering.csv --days 1", "2021-06-23T10:30:00+00:00,"),
    ],
)
def test_example_files_are_taken(command: str, said: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "platone", "dso", *command.split()],
        cwd=DOCS / "example",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
