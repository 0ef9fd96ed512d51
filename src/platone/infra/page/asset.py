"""The files that pages load: style and script, from this package alone."""

import hashlib
from functools import lru_cache
from importlib import resources

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from platone.kernel.style.sheet import common_style

_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
_NAMES = {
    "platone.css",
    "htmx.min.js",
    "icon.svg",
    "busy.js",
    "household.js",
    "uplot.min.js",
    "uplot.min.css",
    "chart.js",
    "notices.js",
    "passkey.js",
}
_STYLE = "platone.css"
"""The pages' style, which begins with that of all pages and pictures."""
_NOT_FOUND = 404
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
"""A changed file has another address, so that a browser may keep this one for good."""


@lru_cache(maxsize=16)
def asset_content(name: str) -> bytes:
    """Return the content of a file that pages need, by its name."""
    own = resources.files("platone.infra.page").joinpath("asset", name).read_bytes()
    return common_style().encode() + own if name == _STYLE else own


@lru_cache(maxsize=16)
def asset_address(name: str) -> str:
    """Return the address of a file, with the beginning of its hash."""
    return f"/assets/{name}?v={hashlib.sha256(asset_content(name)).hexdigest()[:12]}"


def asset_router() -> APIRouter:
    """Make the route of the files that pages load."""
    router = APIRouter(include_in_schema=False)

    @router.get("/assets/{name}")
    async def get_asset(name: str) -> Response:
        """Give a file that pages load."""
        if name not in _NAMES:
            raise HTTPException(_NOT_FOUND)
        kind = _TYPES[name.rpartition(".")[2]]
        return Response(asset_content(name), headers=dict(_FOR_GOOD), media_type=kind)

    return router
