"""The notebook runs as it stands, cell after cell, and prints what it shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
NOTEBOOKS = sorted((ROOT / "docs").rglob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.name))
def test_notebook_is_current(path: Path, tool: Any) -> None:
    """Mend with: python tools/notebook.py."""
    assert tool("notebook").run(path) == path.read_text("utf-8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.name))
def test_notebook_is_a_notebook(path: Path) -> None:
    notebook = json.loads(path.read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells) >= 6
    assert all(re.fullmatch(r"[\w-]{1,64}", cell["id"]) for cell in cells)
    kinds = {cell["cell_type"]: set(cell) for cell in cells}
    assert kinds["markdown"] == {"cell_type", "id", "metadata", "source"}
    assert kinds["code"] == kinds["markdown"] | {"execution_count", "outputs"}
    assert sum(len(cell.get("outputs", ())) for cell in cells) >= 6


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.name))
def test_links_of_a_notebook_lead_somewhere(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    targets = re.findall(r"\]\(([^)#]+)", "\n".join(texts))
    assert targets
    assert [target for target in targets if not (path.parent / target).exists()] == []
