"""What a user installs is free of AGPL and GPL terms, and bears no registry's address."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_GPL = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
_LGPL = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)


def _pinned(file: str) -> list[str]:
    text = (ROOT / "requirements" / file).read_text("utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE)


def _licence(name: str) -> str | None:
    try:
        metadata = distribution(name).metadata.json
    except PackageNotFoundError:  # pinned for another platform or Python
        return None
    classifiers = [line for line in metadata.get("classifier", []) if "License" in line]
    declared = metadata.get("license_expression") or metadata.get("license") or ""
    return " | ".join([str(declared)[:200], *classifiers])


def test_every_runtime_dependency_declares_a_licence_without_gpl() -> None:
    names = _pinned("run.txt")
    licences = {name: licence for name in names if (licence := _licence(name)) is not None}
    assert len(licences) > 0.8 * len(names)
    assert [name for name, licence in licences.items() if not licence.strip(" |")] == []
    gpl = {
        name: licence for name, licence in licences.items() if _GPL.search(_LGPL.sub("", licence))
    }
    assert gpl == {}


@pytest.mark.parametrize("file", ["run.txt", "build.txt", "dev.txt"])
def test_lock_files_bear_no_address(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pins = text.count("==")
    assert pins > 0
    assert text.count("--hash=sha256:") >= pins
