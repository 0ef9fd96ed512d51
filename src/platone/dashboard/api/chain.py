"""The page of what identifies the market's chain: whoever checks a proof compares it."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.api.translation import in_language, is_household, reader_of
from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.problem import SignInNeeded
from platone.messages.chain import ChainIdentity

CHAIN = "/api/chain"
"""Where REST tells what identifies the chain."""


def chain_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of what identifies the chain, which is open to all."""

    @router.get("/chain")
    async def get_chain(request: Request) -> Response:
        """Show what identifies the chain, and how a proof is compared with it."""
        try:
            visitor = await desk.visitor(request)
        except SignInNeeded:
            visitor = None
        reader = reader_of(request, desk.zone)
        if visitor is not None and not is_household(visitor):
            reader = Reader("en", desk.zone)
        chain = await desk.visits.open_calls.get(CHAIN, ChainIdentity)
        told = in_language(reader)
        return desk.show(request, "chain.html.j2", visitor, **told, chain=chain)
