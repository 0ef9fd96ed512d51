"""The page of a network: one file with its data, script and style, which loads nothing else."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from platone.grid.picture.page_data import page_data, script_json
from platone.grid.picture.picture import Picture
from platone.kernel.style.sheet import common_style

_FOLDER = Path(__file__).with_name("page")
SCRIPTS = (
    "value.js",
    "certainty.js",
    "geometry.js",
    "pen.js",
    "label.js",
    "network.js",
    "heat.js",
    "detail.js",
    "finder.js",
    "gesture.js",
    "page.js",
)
"""In the order in which they are joined to one script."""


def network_page(picture: Picture) -> str:
    """Return a page of a network and its states as HTML."""
    style, script = common_style() + _text("page.css"), _script()
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        _text("page.html")
    )
    return template.render(
        title=picture.title,
        day=picture.day,
        policy=_policy(style, script),
        style=style,
        script=script,
        data=script_json(page_data(picture)),
    )


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


@cache
def _script() -> str:
    body = "\n".join(_text(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{body}\nstart();\n}})();\n'


def _policy(style: str, script: str) -> str:
    """Return a content policy under which only this very script and style count."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()
