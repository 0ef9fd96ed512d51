import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def docs() -> Path:
    return ROOT / "docs"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Any]:
    """Loads a module of the tools folder."""

    def load(name: str) -> Any:
        spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def rows() -> Callable[[str], list[list[str]]]:
    """The cells of all tables of a page of the reference, header rows left out."""

    def read(page: str) -> list[list[str]]:
        text = (ROOT / "docs" / "reference" / page).read_text("utf-8")
        body = re.sub(r"^\|.*\n\|[-|]+\|$", "", text, flags=re.MULTILINE)
        return [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in body.splitlines()
            if line.startswith("|")
        ]

    return read


@pytest.fixture(scope="session")
def block() -> Callable[[str, str], str]:
    """The fenced block of a page with a certain information string."""

    def find(page: str, information: str) -> str:
        text = (ROOT / "docs" / page).read_text("utf-8")
        (found,) = re.findall(rf"^```{information}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        return str(found)

    return find
