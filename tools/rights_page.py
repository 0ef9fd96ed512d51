"""Write the table of data and purposes into docs/reference/rights.md, from the packaged one."""

from pathlib import Path

from platone.dashboard.domain.right import COLUMNS, data_rights

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "rights.md"
_HEADING, _NEXT = "## Data and purposes\n", "\n**A party's people are its own**"
"""Between these stands the table."""

_LEAD = "A role with `no` purpose has no route to the data."


def make() -> str:
    """The page, with the table anew."""
    before, _, rest = PAGE.read_text("utf-8").partition(_HEADING)
    after = rest[rest.index(_NEXT) :]
    return f"{before}{_HEADING}\n{_LEAD}\n\n{_table()}{after}"


def _table() -> str:
    rows = [["data", *COLUMNS], ["---"] * (len(COLUMNS) + 1)]
    for each in data_rights():
        named = f"{each.name} ({each.what})" if each.what else each.name
        rows.append([named, *(each.purposes.get(column, "no") for column in COLUMNS)])
    ruled = (f"|{'|'.join(row)}|" if row[0] == "---" else f"| {' | '.join(row)} |" for row in rows)
    return "\n".join(ruled) + "\n"


if __name__ == "__main__":
    PAGE.write_text(make(), "utf-8")
