"""Routes of proposed agreements: an aggregator proposes, the customer accepts or refuses."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part
from platone.kernel.errors import NotOwner
from platone.ledger.api.contract import about, terms_told
from platone.ledger.service.proposal import ProposeTerms
from platone.ledger.service.wallet import OpenWallets
from platone.messages.base import Role
from platone.messages.ledger import AgreementProposal, AgreementProposals, AgreementTerms

_AGGREGATOR = Role.FLEXIBILITY_SERVICE_PROVIDER
_ALL = (Role.MARKET_OPERATOR, Role.AUDITOR)
_PAGE = 500
"""Most proposals in one answer: some 150 kB."""
_CREATED = 201
"""HTTP status of what was proposed now."""

Proposer = Annotated[Principal, Depends(require(_AGGREGATOR))]
Customer = Annotated[Principal, Depends(require(Role.CUSTOMER))]
Reader = Annotated[Principal, Depends(require(_AGGREGATOR, Role.CUSTOMER, *_ALL))]
Number = Annotated[int, Path(ge=1, le=2**53)]


def proposal_router(terms: ProposeTerms, wallets: OpenWallets) -> APIRouter:
    """Return the routes under /api/contracts/agreementProposals."""
    router = APIRouter(prefix="/api/contracts/agreementProposals", tags=["contracts"])

    @router.post(
        "",
        **documented(
            AgreementTerms, AgreementProposal, status=_CREATED, also={200: AgreementProposal}
        ),
    )
    async def post_proposal(
        caller: Proposer, wanted: Annotated[AgreementTerms, body(AgreementTerms)]
    ) -> Response:
        """Propose the terms of an agreement to a point of delivery's customer.

        It takes the place of an open proposal; 200 where the same is open already.
        """
        if caller.party_id != wanted.aggregator_id:
            raise NotOwner(f"This proposal would be {wanted.aggregator_id}'s.")
        made, is_new = await terms.propose(wanted)
        return answer(made, _CREATED if is_new else 200)

    @router.get("", **documented(gives=AgreementProposals))
    async def get_proposals(caller: Reader, part: Annotated[Part, asked_part(_PAGE)]) -> Response:
        """List proposals: an aggregator's own, those to a customer, or all for overseers."""
        if caller.has(*_ALL):
            found = await terms.store.listed(part)
        elif caller.has(_AGGREGATOR):
            found = await terms.store.listed(part, aggregator=caller.party_id)
        else:
            found = await terms.store.listed(part, pods=await wallets.pods_of(caller.party_id))
        return answer(AgreementProposals(proposals=found.items, next=found.next))

    @router.post("/{number}/acceptance", **documented(gives=AgreementProposal))
    async def post_acceptance(request: Request, caller: Customer, number: Number) -> Response:
        """Accept a proposal: its terms count for what is traded from now on.

        An agreement with other terms ends; what was traded before still counts under it.
        """
        made, was = await terms.accept(number, caller.party_id)
        before = terms_told(was) if was is not None else {}
        await record_change(request, caller, about(made), before, terms_told(made))
        return answer(made)

    @router.post("/{number}/refusal", **documented(gives=AgreementProposal))
    async def post_refusal(caller: Customer, number: Number) -> Response:
        """Refuse a proposal."""
        return answer(await terms.refuse(number, caller.party_id))

    @router.delete("/{number}", **documented(gives=AgreementProposal))
    async def delete_proposal(caller: Proposer, number: Number) -> Response:
        """Take a proposal back."""
        return answer(await terms.withdraw(number, caller.party_id))

    return router
