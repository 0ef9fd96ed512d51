"""The language in which a visitor reads: a household its own, all others English."""

from fastapi import Request

from platone.dashboard.domain.language import Reader
from platone.dashboard.service.visit import Visitor
from platone.infra.page.language import chosen
from platone.messages.base import Role

_LINK_NAMES = {"/": "overview", "/app": "title", "/money": "money", "/proof": "verify"}
"""The sentences that name the pages which households are led to."""


def is_household(visitor: Visitor) -> bool:
    """Return whether a visitor is a household and nothing else: it reads its own language."""
    return visitor.principal.roles == {Role.CUSTOMER}


def reader_of(request: Request, zone: str) -> Reader:
    """Return who reads: in the language that was chosen, or else that of the browser."""
    return Reader(chosen(request.cookies, request.headers.get("Accept-Language", "")), zone)


def in_language(reader: Reader) -> dict[str, object]:
    """Return the words of a page and of its links, so that all is in its reader's language."""
    told = reader.told
    return {
        "language": reader.language,
        "t": told,
        "reader": reader,
        "link_names": {path: told[name] for path, name in _LINK_NAMES.items()},
    }
