"""The page of rights has the packaged table, which /rights shows, and each role its column."""

from pathlib import Path
from typing import Any

from platone.dashboard.domain.right import COLUMNS, columns_of
from platone.messages.base import Role


def test_page_is_current(tool: Any, docs: Path) -> None:
    """Mend with: python tools/rights_page.py."""
    page = tool("rights_page")
    assert (docs / "reference" / "rights.md").read_text("utf-8") == page.make()


def test_each_role_has_its_columns() -> None:
    told = {role: columns_of({role}) for role in Role}
    assert told[Role.SYSTEM_OPERATOR] == ["DSO", "TSO"]
    assert all(told.values())
    assert sorted(column for columns in told.values() for column in columns) == sorted(COLUMNS)
