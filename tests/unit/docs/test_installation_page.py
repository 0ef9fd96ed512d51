"""The parts that the page tells are those of pyproject.toml, and about as large."""

from typing import Any

import pytest


def test_every_part_is_told_with_its_size(rows: Any, tool: Any) -> None:
    installed = tool("installed")
    table = [row for row in rows("installation.md") if row[-1].isdecimal()]
    parts = {row[0].strip("`"): row[3:] for row in table}
    assert list(parts) == ["none", *installed.EXTRAS]
    for extra, (packages, megabytes) in parts.items():
        found = installed.closure("" if extra == "none" else extra)
        # other systems and Pythons need a few packages more or less
        assert int(packages) == pytest.approx(len(found) + 1, rel=0.15), extra
        size = installed.megabytes(found) + installed.own_megabytes()
        assert float(megabytes) == pytest.approx(size, rel=0.15), extra
