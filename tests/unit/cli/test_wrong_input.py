"""What is typed wrongly is named as it was typed, with what would be right."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STREET = ROOT / "docs" / "example" / "street.json"
PROOF = ROOT / "tests" / "data" / "proof" / "market-outcome.json"


def typed(*words: str, folder: Path = ROOT) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "platone", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"COLUMNS": "200"},
    )
    return done.returncode, re.sub(r"[│\s]+", " ", done.stdout + done.stderr)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("dso", "power-flow", str(STREET), "--at", "yesterday"),
            "'--at': 'yesterday' is no instant; one is 2021-06-23T10:30:00Z",
        ),
        (
            ("dso", "picture", str(STREET), "-o", "x.svg", "--at", "noon"),
            "'--at': 'noon' is no instant; one is 2021-06-23T10:30:00Z",
        ),
        (
            ("serve", "--clock", "tomorrow"),
            "clock = 'tomorrow': it is no instant; one is 2021-06-23T10:30:00Z",
        ),
        (
            ("serve", "--config", "sub/nofile.toml"),
            "sub/nofile.toml cannot be read: No such file or directory.",
        ),
        (
            ("verify", str(PROOF), "--sealer", "nonsense"),
            "'--sealer': 'nonsense' is no address; one is 0x and 40 hexadecimal digits",
        ),
        (("dso", "power-flow", "sub/none.json"), "sub/none.json: No such file or directory"),
        (("verify", "sub/none.json"), "sub/none.json: No such file or directory"),
        (("market", "clear", "sub/none.json"), "sub/none.json: No such file or directory"),
        (
            ("dso", "power-flow", str(STREET), "--power", "sub/none.csv"),
            "sub/none.csv: No such file or directory",
        ),
    ],
)
def test_it_is_named_with_what_would_be_right(words: tuple[str, ...], said: str) -> None:
    code, printed = typed(*words)
    assert code != 0
    assert said in printed
    assert "Errno" not in printed
    assert "Traceback" not in printed


def test_a_file_of_a_folder_is_named_with_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "day.csv").write_text("when,load/street kW\n")
    (tmp_path / "sub" / "net.json").write_text("nonsense")
    _, printed = typed("dso", "power-flow", str(STREET), "--power", "sub/day.csv", folder=tmp_path)
    assert "sub/day.csv: the first column must be" in printed
    _, printed = typed("dso", "power-flow", "sub/net.json", folder=tmp_path)
    assert "sub/net.json: it is neither JSON" in printed


def test_a_folder_is_searched_to_a_bounded_depth(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / ".hidden" / "b" / "c" / "d" / "e").mkdir(parents=True)
    _, printed = typed("dso", "power-flow", ".", folder=tmp_path)
    assert "there is no XML file among them" in printed
    (deep / "d").mkdir()
    _, printed = typed("dso", "power-flow", ".", folder=tmp_path)
    assert "its folders are nested more than 3 deep (a/b/c/d)" in printed


def test_flags_show_no_type() -> None:
    for words in (("--help",), ("dso", "power-flow", "--help"), ("serve", "--help")):
        assert "bool" not in typed(*words)[1]


def test_points_of_delivery_without_power_are_remarked() -> None:
    _, printed = typed("dso", "power-flow", str(STREET))
    assert "IT001E00000071: is a point of delivery whose power no file gives" in printed
    assert "a limit watches every bus and every branch" in printed
