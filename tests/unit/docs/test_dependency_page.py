import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def project(root: Path) -> Any:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found[0].lower()


def test_page_lists_exactly_the_direct_dependencies(rows: Any, project: Any) -> None:
    listed = [row[0] for row in rows("dependencies.md")]
    wanted = [name_of(each) for each in project["project"]["dependencies"]]
    assert listed == sorted(wanted)


def test_versions_are_those_that_are_pinned(rows: Any, root: Path) -> None:
    pins: dict[str, set[str]] = {}
    text = (root / "requirements" / "run.txt").read_text("utf-8")
    for name, version in re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", text, re.MULTILINE
    ):
        pins.setdefault(name.lower(), set()).add(version)
    for name, version, *_ in rows("dependencies.md"):
        assert version in pins[name], f"{name}: {pins[name]}"


def test_licences_are_those_that_packages_declare(rows: Any) -> None:
    names = {"BSD-3-Clause": "BSD", "Apache-2.0": "Apache"}
    for name, _, licence, *_ in rows("dependencies.md"):
        try:
            told = metadata(name)
        except PackageNotFoundError:
            continue
        classifiers = [line for line in told.get_all("Classifier", []) if "License" in line]
        declared = " ".join(
            [str(told.json.get("license_expression") or told.json.get("license")), *classifiers]
        )
        for part in licence.split(" or "):
            assert names.get(part, part) in declared, f"{name}: {declared[:200]}"


def test_each_has_a_reason(rows: Any) -> None:
    for row in rows("dependencies.md"):
        assert len(row) == 5
        assert len(row[3]) > 10, row


def test_development_dependencies_are_named(docs: Path, project: Any) -> None:
    text = (docs / "reference" / "dependencies.md").read_text("utf-8").split("**Only for dev")[1]
    groups = project["dependency-groups"]
    wanted = {name_of(each) for name in groups for each in groups[name] if isinstance(each, str)}
    listed = set(re.findall(r"[a-z][a-z0-9-]+", text))
    assert wanted <= listed, wanted - listed
