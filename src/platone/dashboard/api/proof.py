"""The page that verifies: from a reading, an outcome or a payment to the chain, step by step."""

import asyncio
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.chain import CHAIN
from platone.dashboard.api.home import show_translated
from platone.dashboard.api.money import payments_by_line
from platone.dashboard.api.page import Desk, file_name
from platone.dashboard.api.proof_example import proof_examples
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.language import sentences
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.proof_check import CheckProof
from platone.dashboard.domain.typed import instant_in
from platone.dashboard.service.visit import Visitor
from platone.messages.chain import ChainIdentity

_MOST = 10
"""Payments of a household that the page offers to verify: the latest."""
_LONGEST = 300
"""Longest identifier of a record, characters."""


def proof_pages(router: APIRouter, desk: Desk, check: CheckProof) -> None:
    """Add the page of a proof, and its file.

    Args:
        router: Where the pages are added.
        desk: What they are made with.
        check: Checks a proof file.
    """

    @router.get("/proof")
    async def get_proof(
        request: Request,
        id: str = "",  # noqa: A002 - a name of the address
        owner: str = "",
        at: str = "",
    ) -> Response:
        """Check a proof, and show each step; the reading that was asked for is marked."""
        visitor = await desk.visitor(request)
        checked = None
        if id:
            checked = await asyncio.to_thread(check, await _proof(visitor, id, owner))
        shown: dict[str, object] = {"id": id, "owner": owner, "checked": checked}
        shown |= {"payments": (), "examples": None, "asked": _asked(at)}
        chain = await visitor.calls.seen(CHAIN, ChainIdentity) if checked else None
        shown["chain"] = chain
        shown["command"] = _command(id, chain)
        if is_household(visitor):
            paid = {} if id else await payments_by_line(visitor)
            shown["payments"] = list(paid.values())[:_MOST]
            return show_translated(desk, request, "proof.html.j2", visitor, **shown)
        shown |= {"language": "en", "t": sentences("en")}
        shown["examples"] = None if id else await proof_examples(visitor, desk.zone)
        return desk.show(request, "proof.html.j2", visitor, **shown)

    @router.get("/proof/file")
    async def get_file(request: Request, id: str = "", owner: str = "") -> Response:  # noqa: A002 - likewise
        """Give a proof as a file, which anyone can check without a server."""
        raw = await _proof(await desk.visitor(request), id, owner)
        return desk.attached(_stem(id), "json", raw, "application/json")


def _stem(identifier: str) -> str:
    """Return the name of a proof's file: that of its record, so that several are told apart."""
    return f"proof-{identifier}"


def _asked(at: str) -> str:
    """Return by what the value of a reading is known in a proof of several; empty for any."""
    return f"from {instant_in({'at': at}, 'at').isoformat()}:" if at else ""


def _command(identifier: str, chain: ChainIdentity | None) -> str:
    """Return the command that checks a proof's file, with what is known of its chain."""
    sealer = f" --sealer {chain.sealer}" if chain is not None and chain.sealer else ""
    return f"platone verify {file_name(_stem(identifier), 'json')}{sealer}"


async def _proof(visitor: Visitor, identifier: str, owner: str) -> bytes:
    if not 0 < len(identifier) <= _LONGEST:
        raise FieldWrong("Name the record whose proof is wanted.", field="id")
    path = f"/api/certification/proof/{quote(identifier)}"
    answer = await visitor.calls.fetch(path, {"owner": owner} if owner else None)
    return answer.content
