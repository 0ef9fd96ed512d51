"""Writes the figures of mutations into docs/reference/mutation.md."""

import hashlib
import os
import platform
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mutant import mutants_of
from mutation_run import ROOT

SOURCE = "src/platone/"
PAGE = ROOT / "docs" / "reference" / "mutation.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->"
HEAD = """| module | possible | without effect | run | noticed | share | seed | on | text |
|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Figures:
    """The figures of a module.

    Attributes:
        module: Its path below src/platone.
        possible: How many mutations there are.
        harmless: How many of them change nothing.
        run: How many were run.
        noticed: How many of them a test noticed.
        text: The first digits of the SHA-256 of its text as it was measured.
    """

    module: str
    possible: int
    harmless: int
    run: int
    noticed: int
    text: str

    @property
    def share(self) -> float:
        """The part of those run that was noticed."""
        return self.noticed / self.run if self.run else 1.0


def modules_of(patterns: list[str]) -> list[str]:
    """Return the modules that patterns name, but those that decide nothing."""
    source = ROOT / SOURCE
    return [
        str(path.relative_to(source))
        for pattern in patterns
        for path in sorted(source.glob(pattern))
        if not path.name.endswith(("__init__.py", "problem.py"))
    ]


def text_of(module: str) -> str:
    """Return the first digits of the SHA-256 of a module's present text."""
    return hashlib.sha256((ROOT / SOURCE / module).read_bytes()).hexdigest()[:8]


def rows_of(page: str) -> dict[str, str]:
    """Return the rows of the page's table by module."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    return {row.split("`")[1]: row for row in table.splitlines() if row.startswith("| `")}


def is_current(module: str) -> bool:
    """Return whether the page has a row of a module's present text, or need not have one."""
    if f"`{text_of(module)}`" in rows_of(PAGE.read_text()).get(module, ""):
        return True
    return not mutants_of(module, (ROOT / SOURCE / module).read_text())


def write_figures(plan: dict[str, Any], seed: int, figures: list[Figures]) -> None:
    """Put rows in the place of those of the same modules, and the list of what has no effect."""
    page = PAGE.read_text()
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    rows = rows_of(page)
    today = datetime.now(UTC).date()
    for each in (each for each in figures if each.possible):
        rows[each.module] = (
            f"| `{each.module}` | {each.possible} | {each.harmless} | {each.run} "
            f"| {each.noticed} | {each.share:.0%} | {seed} | {today} | `{each.text}` |"
        )
    cells = [
        [int(cell) for cell in re.findall(r"\| (\d+)(?= \|)", row)[:4]] for row in rows.values()
    ]
    run, noticed = sum(row[2] for row in cells), sum(row[3] for row in cells)
    total = f"\n{noticed:,} of {run:,} noticed, {noticed / run:.0%}, on {_machine()}.\n"
    total += f"\nWithout a row: {', '.join(_unmeasured(plan, rows)) or 'none'}.\n"
    lines = "\n".join(rows[module] for module in sorted(rows))
    told = lines + "\n" + total + _reasons(plan["harmless"])
    PAGE.write_text(before + BEGIN + HEAD + told + END + after)


def _unmeasured(plan: dict[str, Any], rows: dict[str, str]) -> list[str]:
    """Return the modules of the plan that could be changed, and have no row."""
    known = [each for group in plan["group"] for each in modules_of(group["modules"])]
    return [
        f"`{each}`"
        for each in known
        if each not in rows and mutants_of(each, (ROOT / SOURCE / each).read_text())
    ]


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _reasons(harmless: list[dict[str, str]]) -> str:
    by_module = defaultdict(list)
    for each in harmless:
        change = each["change"].replace("|", "\\|")
        by_module[each["module"]].append(f"- `{change}`: {each['reason']}")
    return "".join(
        f"\n**{module}**\n\n" + "\n".join(lines) + "\n"
        for module, lines in sorted(by_module.items())
    )
