"""What a user installs is free of AGPL and GPL terms, and bears no registry's address."""

import re
import runpy
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
_GPL = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
_LGPL = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)


def _pinned(file: str) -> list[str]:
    text = (ROOT / "requirements" / file).read_text("utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE)


def _licence(package: Distribution) -> str:
    metadata = package.metadata.json
    classifiers = [line for line in metadata.get("classifier", []) if "License" in line]
    declared = metadata.get("license_expression") or metadata.get("license") or ""
    told = " | ".join([str(declared)[:200], *classifiers])
    if told.strip(" |"):
        return told
    texts = [each for each in package.files or () if each.name.startswith("LICEN")]
    return " ".join(text.read_text("utf-8")[:200] for text in texts)


@pytest.fixture(scope="module")
def installed() -> dict[str, Distribution]:
    """The packages that all extras bring."""
    tool: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "installed.py"))
    found: dict[str, Distribution] = tool["closure"]("all")
    return found


def test_every_runtime_dependency_declares_a_licence_without_gpl(
    installed: dict[str, Distribution],
) -> None:
    licences = {name: _licence(package) for name, package in installed.items()}
    assert [name for name, licence in licences.items() if not licence.strip(" |")] == []
    gpl = {
        name: licence for name, licence in licences.items() if _GPL.search(_LGPL.sub("", licence))
    }
    assert gpl == {}


def test_the_servers_packages_are_those_that_are_pinned_for_it() -> None:
    tool: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "installed.py"))
    pinned = {canonicalize_name(name) for name in _pinned("run.txt")}
    assert tool["closure"]("server").keys() <= pinned
    assert len(pinned - tool["closure"]("server").keys()) < 0.2 * len(pinned)  # other systems'


@pytest.mark.parametrize("file", ["run.txt", "build.txt", "dev.txt"])
def test_lock_files_bear_no_address(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pins = text.count("==")
    assert pins > 0
    assert text.count("--hash=sha256:") >= pins
