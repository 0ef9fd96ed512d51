"""Wallets, agreements, settlements and nodes over REST."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import BULK_BYTES, answer, body, documented, shown_as
from platone.infra.listing import Part
from platone.kernel.errors import MalformedMessage, NotOwner
from platone.ledger.service.agreement import Agree, agreement_unknown
from platone.ledger.service.node import RegisterNodes
from platone.ledger.service.settlement import Settle
from platone.ledger.service.statement import ReadLines
from platone.ledger.service.wallet import OpenWallets
from platone.messages.base import Instant, PodId, Role
from platone.messages.ledger import (
    Agreement,
    Agreements,
    AgreementStatement,
    AgreementTerms,
    NodeRegistration,
    RegisteredNode,
    SettlementOrder,
    SettlementReceipt,
    Wallet,
    WalletOpening,
)

_CREATED = 201
_ADDRESS_DIGITS = 40
"""Hexadecimal digits of an address of 20 bytes."""

_PPM_A_PERCENT = 10_000
"""Parts per million in a hundredth."""
_MICRO = 1_000_000
"""Millionths of EUR/kWh in one."""

_AGGREGATOR = Role.FLEXIBILITY_SERVICE_PROVIDER
_OPERATOR = Role.MARKET_OPERATOR
_ADMINISTRATOR = Role.METERED_DATA_ADMINISTRATOR

Opener = Annotated[Principal, Depends(require(_AGGREGATOR, _OPERATOR))]
Holder = Annotated[Principal, Depends(require(_AGGREGATOR, Role.CUSTOMER, Role.AUDITOR))]
Agreeing = Annotated[Principal, Depends(require(_AGGREGATOR, _OPERATOR))]
Reading = Annotated[
    Principal, Depends(require(_AGGREGATOR, _OPERATOR, Role.CUSTOMER, Role.AUDITOR))
]
_PAGE = 1000
"""Most agreements or lines in one answer: some 700 kB."""
WantedPods = Annotated[
    list[str],
    Query(
        alias="podId",
        description="Only agreements about these points of delivery",
        json_schema_extra=shown_as(list[PodId]),
    ),
]
InForceAt = Annotated[
    str | None,
    Query(
        alias="asOf",
        description="Only agreements in force at this instant",
        json_schema_extra=shown_as(Instant),
    ),
]
Operator = Annotated[Principal, Depends(require(_OPERATOR))]
Overseer = Annotated[Principal, Depends(require(_OPERATOR, Role.AUDITOR))]
Administrator = Annotated[Principal, Depends(require(_ADMINISTRATOR))]
Anyone = Annotated[Principal, Depends(require(*Role))]


def _only_for(caller: Principal) -> str | None:
    """Return the aggregator that the caller speaks for; none where it may act for all."""
    return None if caller.has(_OPERATOR, Role.AUDITOR) else caller.party_id


def _instant(text: str | None) -> datetime | None:
    """Return the instant of a parameter; none where it is left out."""
    try:
        return None if text is None else msgspec.convert(text, Instant)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"asOf: {error}") from error


def wallet_router(wallets: OpenWallets, agree: Agree) -> APIRouter:
    """Return the routes of wallets and balances."""
    router = APIRouter(prefix="/api/contracts", tags=["contracts"])

    @router.put("/wallets/{pod}", **documented(WalletOpening, Wallet, also={_CREATED: Wallet}))
    async def put_wallet(
        caller: Opener, pod: str, opening: Annotated[WalletOpening, body(WalletOpening)]
    ) -> Response:
        """Open a point of delivery's wallet: at the customer's own address, or a custodial one.

        The market does so when it takes a registration; the operator can correct the address, and
        agreements follow. An aggregator can only repeat what is registered for it.
        """
        wallet, is_new = await wallets.open(_pod(pod), opening, _only_for(caller))
        await agree.follow_wallet(pod)
        return answer(wallet, _CREATED if is_new else 200)

    async def show(caller: Principal, pod: str) -> Response:
        wallet = await wallets.find(pod)
        owners = {wallet.aggregator_id, wallet.customer_id}
        if caller.party_id not in owners and not caller.has(Role.AUDITOR):
            raise NotOwner(f"The wallet of {pod} belongs to other parties.", podId=pod)
        return answer(await wallets.show(wallet))

    @router.get("/wallets/{pod}", **documented(gives=Wallet))
    async def get_wallet(caller: Holder, pod: str) -> Response:
        """Show a point of delivery's wallet and what it holds."""
        return await show(caller, pod)

    @router.get("/transactions/balanceOf/{pod}", **documented(gives=Wallet))
    async def get_balance(caller: Holder, pod: str) -> Response:
        """Show how many tokens a point of delivery's wallet holds, read from the chain."""
        return await show(caller, pod)

    return router


def agreement_router(agree: Agree, wallets: OpenWallets) -> APIRouter:
    """Return the routes of agreements."""
    router = APIRouter(prefix="/api/contracts/agreements", tags=["contracts"])

    @router.post(
        "", **documented(AgreementTerms, Agreement, status=_CREATED, also={200: Agreement})
    )
    async def post_agreement(
        request: Request,
        caller: Agreeing,
        terms: Annotated[AgreementTerms, body(AgreementTerms)],
    ) -> Response:
        """Make a settlement agreement with a point of delivery's customer."""
        if _only_for(caller) not in {None, terms.aggregator_id}:
            raise NotOwner(f"This agreement would be {terms.aggregator_id}'s.")
        agreement, is_new = await agree.make(terms)
        if is_new:
            await record_change(request, caller, about(terms), {}, terms_told(agreement))
        return answer(agreement, _CREATED if is_new else 200)

    @router.get("", **documented(gives=Agreements))
    async def get_agreements(
        caller: Reading,
        part: Annotated[Part, asked_part(_PAGE)],
        pod_id: WantedPods = [],  # noqa: B006 - FastAPI copies it
        as_of: InForceAt = None,
    ) -> Response:
        """List agreements: an aggregator's or a customer's own, or all for operator and auditor."""
        wanted, at = frozenset(pod_id) or None, _instant(as_of)
        if caller.has(Role.CUSTOMER):
            own = frozenset(await wallets.pods_of(caller.party_id))
            found = await agree.find(part, None, own if wanted is None else own & wanted, at)
        else:
            found = await agree.find(part, _only_for(caller), wanted, at)
        return answer(Agreements(agreements=found.items, next=found.next))

    @router.delete("/{agreement_id}", **documented(gives=Agreement))
    async def delete_agreement(request: Request, caller: Operator, agreement_id: str) -> Response:
        """End an agreement: it settles no more."""
        ended = await agree.end(agreement_id)
        await record_change(request, caller, about(ended), terms_told(ended))
        return answer(ended)

    return router


def about(terms: AgreementTerms) -> tuple[str, str]:
    """Return the kind and the name of an agreement for the log of changes."""
    return "agreement", f"{terms.aggregator_id} with {terms.pod}"


def terms_told(terms: AgreementTerms) -> dict[str, str]:
    """Return terms as the log of changes tells them: shares in %, the penalty in EUR/kWh."""
    return {
        "customerShare": f"{terms.customer_share_ppm / _PPM_A_PERCENT:g} %",
        "penalty": f"{terms.penalty_price / _MICRO:g} EUR/kWh",
        "leastDelivery": f"{terms.least_delivery_ppm / _PPM_A_PERCENT:g} %",
        "fullDelivery": f"{terms.full_delivery_ppm / _PPM_A_PERCENT:g} %",
    }


def statement_router(agree: Agree, wallets: OpenWallets, lines: ReadLines) -> APIRouter:
    """Return the route of agreements' statements."""
    router = APIRouter(prefix="/api/contracts/agreements", tags=["contracts"])

    @router.get("/{agreement_id}/lines", **documented(gives=AgreementStatement))
    async def get_lines(
        caller: Reading, agreement_id: str, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List an agreement's paid lines by their numbers.

        Its aggregator and its customer see them, the market operator and the auditor. The lines
        of one agreement are numbered without gap on the chain too.
        """
        terms = await agree.named(agreement_id)
        parties = {terms.aggregator_id, (await wallets.find(terms.pod)).customer_id}
        if caller.party_id not in parties and not caller.has(_OPERATOR, Role.AUDITOR):
            raise agreement_unknown(agreement_id)
        return answer(await lines.statement(agreement_id, part))

    return router


def settlement_router(settle: Settle) -> APIRouter:
    """Return the routes of settlements."""
    router = APIRouter(prefix="/api/contracts/settlements", tags=["contracts"])

    @router.post(
        "",
        **documented(
            SettlementOrder, SettlementReceipt, status=_CREATED, also={200: SettlementReceipt}
        ),
    )
    async def post_settlement(
        _caller: Operator, order: Annotated[SettlementOrder, body(SettlementOrder, BULK_BYTES)]
    ) -> Response:
        """Have the contract pay a settlement's lines, each once only."""
        receipt, is_new = await settle.settle(order)
        return answer(receipt, _CREATED if is_new else 200)

    @router.get("/{settlement_id:path}", **documented(gives=SettlementReceipt))
    async def get_settlement(_caller: Overseer, settlement_id: str) -> Response:
        """Show what came of a settlement."""
        return answer(await settle.receipt(settlement_id))

    return router


def node_router(nodes: RegisterNodes) -> APIRouter:
    """Return the routes of the Light Nodes' register."""
    router = APIRouter(prefix="/api/contracts/nodes", tags=["contracts"])

    @router.post(
        "",
        **documented(NodeRegistration, RegisteredNode, status=_CREATED, also={200: RegisteredNode}),
    )
    async def post_node(
        _caller: Administrator,
        registration: Annotated[NodeRegistration, body(NodeRegistration)],
    ) -> Response:
        """Admit a Light Node's key to the register on the chain."""
        node, is_new = await nodes.register(registration.device)
        return answer(node, _CREATED if is_new else 200)

    @router.get("/{device}", **documented(gives=RegisteredNode))
    async def get_node(_caller: Anyone, device: str) -> Response:
        """Show a Light Node as the chain has it: registered, revoked or unknown."""
        return answer(await nodes.find(_checked(device)))

    @router.delete("/{device}", **documented(gives=RegisteredNode))
    async def delete_node(_caller: Administrator, device: str) -> Response:
        """Withdraw a Light Node's key for good."""
        return answer(await nodes.revoke(_checked(device)))

    return router


def _pod(name: str) -> str:
    try:
        return msgspec.convert(name, PodId)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"{name[:80]!r} names no point of delivery: {error}") from error


def _checked(device: str) -> str:
    digits = device.removeprefix("0x")
    if len(digits) != _ADDRESS_DIGITS or not all(c in "0123456789abcdefABCDEF" for c in digits):
        raise MalformedMessage(f"{device:.80} is no address of 20 bytes.")
    return "0x" + digits
