import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, metadata
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


def asked_for(project: Any) -> dict[str, set[str]]:
    """The direct dependencies, and by which extra each is asked for."""
    asked: dict[str, set[str]] = {}
    extras = {"always": project["project"]["dependencies"]}
    for extra, requirements in (extras | project["project"]["optional-dependencies"]).items():
        for requirement in requirements:
            asked.setdefault(name_of(requirement), set()).add(extra)
    del asked["platone"]  # extras that hold others
    return asked


def test_page_lists_exactly_the_direct_dependencies_and_their_extras(
    rows: Any, project: Any
) -> None:
    listed = [row[0] for row in rows("dependencies.md")]
    assert listed == sorted(asked_for(project))
    for name, _, _, extras, *_ in rows("dependencies.md"):
        assert set(extras.replace("`", "").split(", ")) == asked_for(project)[name], name


def test_versions_are_those_that_are_pinned(rows: Any, root: Path) -> None:
    pins: dict[str, set[str]] = {}
    for file in ("run.txt", "dev.txt"):
        text = (root / "requirements" / file).read_text("utf-8")
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
        if declared == "None":  # it has the text alone
            declared = "MIT" * text_of_licence(name).count("Permission is hereby granted, free of")
        for part in licence.split(" or "):
            assert names.get(part, part) in declared, f"{name}: {declared[:200]}"


def text_of_licence(name: str) -> str:
    texts = [each for each in distribution(name).files or () if each.name.startswith("LICEN")]
    return "".join(text.read_text("utf-8") for text in texts)


def test_each_has_a_reason(rows: Any) -> None:
    for row in rows("dependencies.md"):
        assert len(row) == 6
        assert len(row[4]) > 10, row


def test_development_dependencies_are_named(docs: Path, project: Any) -> None:
    text = (docs / "reference" / "dependencies.md").read_text("utf-8").split("**Only for dev")[1]
    groups = project["dependency-groups"]
    wanted = {name_of(each) for name in groups for each in groups[name] if isinstance(each, str)}
    listed = set(re.findall(r"[a-z][a-z0-9-]+", text))
    assert wanted <= listed, wanted - listed
