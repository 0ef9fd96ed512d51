"""The pages that a household reads hold no word of their own: all stand in the languages' files."""

import re
from collections.abc import Iterator
from html import unescape
from importlib import resources

import pytest

OWN = re.compile(r"(app|home)_?\w*\.html\.j2|proof\.html\.j2|reading_part\.html\.j2")
SHARED = ("curve_part.html.j2", "passkey.html.j2", "page.html.j2")
"""Templates that others are shown by, too."""
SIGNS = {"PDF", "CSV", "kW", "kWh", "min", "platone", "Platone"}
"""What is written alike in every language: units, and names of forms of files."""
ENGLISH_ONLY = re.compile(
    r"\{% if language == \"en\".*?\{% endif %\}"
    r"|\{% if not? ?person.*?\{% endif %\}|else \"[^\"]+\"",
    re.DOTALL,
)


def templates() -> Iterator[str]:
    for file in resources.files("platone.dashboard").joinpath("template").iterdir():
        if OWN.fullmatch(file.name):
            yield file.name


def spoken(text: str) -> set[str]:
    """The words that stand in a template itself, and in the attributes that are read out."""
    text = re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
    text = ENGLISH_ONLY.sub(" ", text)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    told = re.findall(r"(?:aria-label|title|placeholder|alt)=\"([^\"]*)\"", text)
    bare = re.sub(r"<[^>]*>", " ", text)
    words = re.findall(r"[A-Za-z]{2,}", unescape(" ".join([bare, *told])))
    return {word for word in words if word not in SIGNS}


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_household_template_speaks_by_the_languages_files_alone(name: str) -> None:
    file = resources.files("platone.dashboard").joinpath("template", name)
    assert spoken(file.read_text("utf-8")) == set()


def test_words_in_a_template_are_found() -> None:
    assert spoken('<p>Hello {{ t.name }}</p><a title="There">{% if x %}</a>') == {"Hello", "There"}
    assert len(list(templates())) > 15
