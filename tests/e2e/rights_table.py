"""The table of rights as docs/reference/rights.md has it: the data of the tests of rights."""

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rights.md"
PARTIES = {
    "MO": "MO",
    "DSO": "DSO",
    "TSO": "TSO",
    "aggregator": "ACEAE",
    "customer": "CUSTOMER-1",
    "auditor": "AUDITOR",
    "MDA": "MDA",
    "DPO": "DPO",
}
"""Who calls in the name of each column."""
OUTCOMES = {"all", "own", "case", "no", "open"}


@dataclass(frozen=True)
class Right:
    """What a role gets of a route."""

    method: str
    path: str
    data: str
    role: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} as {self.role}: {self.outcome}"


def _table(heading: str) -> list[list[str]]:
    section = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def rights() -> list[Right]:
    """Every role's right to every route."""
    head, _, *rows = _table("Routes")
    found = []
    for route, data, *cells in rows:
        method, _, path = route.strip("`").partition(" ")
        found += [
            Right(method, path, data, role, cell)
            for role, cell in zip(head[2:], cells, strict=True)
        ]
    return found


def purposes() -> dict[tuple[str, str], str]:
    """The purpose for which a role sees a kind of data."""
    head, _, *rows = _table("Data and purposes")
    return {
        (row[0].partition(" (")[0], role): cell
        for row in rows
        for role, cell in zip(head[1:], row[1:], strict=True)
    }
