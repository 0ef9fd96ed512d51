"""What holds for every page: links lead somewhere, and no page speaks of a workplace."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
ROOT_PAGES = sorted(ROOT.glob("*.md"))


def anchors(page: Path) -> set[str]:
    """Headings as GitHub and most renderers name them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_root_has_what_newcomers_look_for() -> None:
    names = {page.name for page in ROOT_PAGES}
    assert names == {"CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"}


@pytest.mark.parametrize("page", PAGES + ROOT_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        aim = (page.parent / name) if name else page
        assert aim.exists(), target
        if anchor:
            assert anchor in anchors(aim), target


@pytest.mark.parametrize("page", PAGES + ROOT_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_begins_with_its_title_and_keeps_to_itself(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith("# ")
    assert text.endswith("\n")
    assert not re.search(r"/(work|tmp)\b|\b(TODO|FIXME)\b", text)


def test_every_page_is_reachable_from_the_index() -> None:
    seen: set[Path] = set()
    left = [DOCS / "README.md"]
    while left:
        page = left.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
            aim = (page.parent / target).resolve()
            if "://" not in target and aim.suffix == ".md":
                left.append(aim)
    assert [page for page in PAGES if page.resolve() not in seen] == []
