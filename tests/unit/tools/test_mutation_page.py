"""The page of mutations and their plan: every module has a row, and none is below nine of ten."""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "platone"
PAGE = (ROOT / "docs" / "reference" / "mutation.md").read_text("utf-8")
PLAN = tomllib.loads((ROOT / "tools" / "mutation.toml").read_text("utf-8"))
ROW = re.compile(
    r"^\| `(\S+)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+)% \| \d+ \| \S+ \| `(\w{8})` \|$",
    re.MULTILINE,
)


class Row(NamedTuple):
    """A row of the table."""

    module: str
    possible: int
    harmless: int
    run: int
    noticed: int
    percent: int
    text: str


ROWS = [
    Row(module, int(possible), int(harmless), int(run), int(noticed), int(percent), text)
    for module, possible, harmless, run, noticed, percent, text in ROW.findall(PAGE)
]


def planned() -> set[str]:
    return {
        str(path.relative_to(SOURCE))
        for group in PLAN["group"]
        for pattern in group["modules"]
        for path in SOURCE.glob(pattern)
        if not path.name.endswith(("__init__.py", "problem.py"))
    }


def counted(modules: list[str]) -> dict[str, int]:
    """How many mutations there are of each of some modules."""
    script = (
        "import sys, json, pathlib; sys.path.insert(0, sys.argv[1]); import mutant; "
        "read = lambda name: pathlib.Path(sys.argv[2], name).read_text('utf-8'); "
        "print(json.dumps({n: len(mutant.mutants_of(n, read(n))) for n in sys.argv[3:]}))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script, str(ROOT / "tools"), str(SOURCE), *modules],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_every_row_is_read_and_of_one_module() -> None:
    assert len(ROWS) == PAGE.count("\n| `") > 100
    names = [row.module for row in ROWS]
    assert names == sorted(set(names))


def test_every_module_of_the_plan_has_a_row_or_is_told_to_have_none() -> None:
    without = sorted(planned() - {row.module for row in ROWS})
    told = re.findall(r"`(\S+)`", PAGE.partition("\nWithout a row: ")[2].partition(".\n")[0])
    assert [name for name, count in counted(without).items() if count] == sorted(told)


def test_no_row_is_of_a_module_that_is_gone() -> None:
    assert {row.module for row in ROWS} - planned() == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.module)
def test_a_row_tells_at_least_nine_of_ten(row: Row) -> None:
    assert row.noticed <= row.run <= row.possible - row.harmless
    assert row.percent == round(100 * row.noticed / row.run)
    assert row.noticed / row.run >= 0.9


def test_the_sum_is_that_of_the_rows() -> None:
    run, noticed = sum(row.run for row in ROWS), sum(row.noticed for row in ROWS)
    assert f"\n{noticed:,} of {run:,} noticed, {noticed / run:.0%}, on " in PAGE


def test_the_tool_lists_what_could_be_changed_and_has_no_row_of_its_text() -> None:
    tool = [sys.executable, str(ROOT / "tools" / "mutate.py"), "--older", "--list"]
    done = subprocess.run(tool, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    current = {
        row.module
        for row in ROWS
        if hashlib.sha256((SOURCE / row.module).read_bytes()).hexdigest()[:8] == row.text
    }
    possible = counted(sorted(planned() - current))
    listed = done.stdout.splitlines()
    assert sorted(listed) == [module for module, count in possible.items() if count]


def test_most_rows_are_of_the_present_text() -> None:
    """Who changes a module need not measure it again at once; the table as a whole must not age."""
    older = [
        row.module
        for row in ROWS
        if hashlib.sha256((SOURCE / row.module).read_bytes()).hexdigest()[:8] != row.text
    ]
    assert len(older) < len(ROWS) / 2, f"{len(older)} of {len(ROWS)} are older: {older}"
