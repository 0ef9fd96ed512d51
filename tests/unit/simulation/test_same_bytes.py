"""The same network, options and seed give the same bytes, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from platone.grid.network.model import Network

CIGRE = Path(__file__).parents[2] / "data" / "cim" / "cigre_mv"


def simulate(out: Path, hash_seed: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = ["-m", "platone", "simulate", "--network", str(CIGRE), "--out", str(out), *options]
    return subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


SMALL = ("--pods", "20", "--aggregators", "2", "--days", "2", "--start", "2026-01-20")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first") / "out"
    done = simulate(out, "1", *SMALL, "--seed", "3", "--compare", "pay-as-bid")
    assert done.returncode == 0, done.stderr
    assert "solved share" in done.stdout
    return out


def test_two_processes_write_the_same_folder(first: Path, tmp_path: Path) -> None:
    done = simulate(tmp_path / "out", "2", *SMALL, "--seed", "3", "--compare", "pay-as-bid")
    assert done.returncode == 0, done.stderr
    mine, theirs = contents(first), contents(tmp_path / "out")
    assert {"index.html", "indicators.csv", "italian/lines.csv", "pay-as-bid/days.csv"} <= set(mine)
    assert mine == theirs


def test_what_a_run_wrote_can_be_given_back(first: Path, tmp_path: Path) -> None:
    """Scenario and portfolio of a run, given as files, bring the very same days."""
    given = (
        "--scenario",
        str(first / "scenario.json"),
        "--portfolio",
        str(first / "portfolio.json"),
    )
    options = ("--days", "2", "--start", "2026-01-20", "--seed", "3")
    done = simulate(tmp_path / "out", "0", *given, *options)
    assert done.returncode == 0, done.stderr
    again = contents(tmp_path / "out")
    assert again["italian/lines.csv"] == contents(first)["italian/lines.csv"]


def test_another_seed_is_another_simulation(first: Path, tmp_path: Path, cigre: Network) -> None:
    done = simulate(tmp_path / "out", "1", *SMALL, "--seed", "4")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out")["italian/days.csv"] != contents(first)["italian/days.csv"]
    assert cigre.loads
