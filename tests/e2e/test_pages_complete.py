"""No page is forgotten: what the router has is what the tests of pages visit."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from platone.bootstrap.platform import Platform
from platone.settings import Settings

from .page_list import ELSEWHERE, LOOKED_AT, OPEN
from .test_pages_rights import FORMS, PAGES

FILE = re.compile(
    r"\.(csv|svg|json|js|zip|webmanifest|\{form\})$|^/proof/file$|/picture$|^/assets/"
)
"""Addresses that give no page of their own: files, pictures, script."""
BEFORE_SIGNING_IN = {"/sign-in", "/signed-in", "/signed-in/provider", "/oauth2/authorize"}
BEFORE_SIGNING_IN |= {"/oauth2/join", "/oauth2/password"}
"""Addresses by which a person comes in, which each role uses alike."""
OTHERS = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/metrics"}
"""Addresses that are no pages and stand in no description: they are the interface's own."""
MARK_ELSEWHERE = {"/oauth2/authorize", "/oauth2/join", "/oauth2/password"}
"""Forms of who is not signed in: there is no visit whose mark they could carry."""


@pytest.fixture
async def routes(tmp_path: Path) -> list[Any]:
    """The routes that OpenAPI does not tell, in the order in which they are tried."""
    platform = await Platform.open(Settings(data=tmp_path), "https://127.0.0.1:9443")
    try:
        found = list(iter_route_contexts(platform.app.routes))
    finally:
        await platform.close()
    return [each for each in found if getattr(each, "include_in_schema", None) is False]


def _unvisited(routes: Iterable[Any], method: str, visited: Iterable[str]) -> set[str]:
    """The routes to which no address leads, each led to the first that fits, as the router does."""
    asked = [each for each in routes if method in each.methods and each.path not in OTHERS]
    reached = set()
    for address in visited:
        path = re.sub(r"\{\w+\}", "x", address.partition("?")[0])
        fitting = (each.path for each in asked if each.path_regex.match(path))
        reached.add(next(fitting, None))
    return {each.path for each in asked} - reached


async def test_every_page_is_visited_as_every_role(routes: list[Any]) -> None:
    assert _unvisited(routes, "GET", [*PAGES, *OPEN]) <= BEFORE_SIGNING_IN


async def test_every_page_is_looked_at_in_a_browser(routes: list[Any]) -> None:
    looked_at = [page for pages in LOOKED_AT.values() for page in pages]
    led_through = ["/oauth2/authorize"]  # from /sign-in
    unseen = _unvisited(routes, "GET", [*looked_at, *led_through, *ELSEWHERE])
    assert {each for each in unseen if not FILE.search(each)} == set()


async def test_every_form_is_refused_without_its_mark(routes: list[Any]) -> None:
    assert _unvisited(routes, "POST", FORMS) == MARK_ELSEWHERE
