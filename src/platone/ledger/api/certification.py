"""Certification over REST (D2.15 table 1, and proofs and erasure)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from platone.infra.http.security import Principal, require
from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.ledger.domain.problem import IdentifierAmbiguous, RecordUnknown
from platone.ledger.domain.proof import Proof
from platone.ledger.records.certified_record import CertifiedRecord
from platone.ledger.service.certification import Certify, certification, record_unknown
from platone.ledger.service.readership import Readership
from platone.ledger.service.statement import ReadLines
from platone.messages.base import Role
from platone.messages.ledger import (
    CertificationBatch,
    Certifications,
    CertificationStates,
    CertifiedBatch,
    SettlementLine,
)

_CERTIFIERS = (Role.METERED_DATA_ADMINISTRATOR, Role.MARKET_OPERATOR)
_PARTIES = (
    Role.SYSTEM_OPERATOR,
    Role.FLEXIBILITY_SERVICE_PROVIDER,
    Role.MARKET_OPERATOR,
    Role.METERED_DATA_ADMINISTRATOR,
    Role.AUDITOR,
)
_MOST_STATES = 200
"""Records whose states are asked for at once: a day of readings, with corrections."""
CheckErased = Callable[[str], Awaitable[None]]
_CREATED = 201
"""HTTP status of records that were certified for the first time."""
_NO_CONTENT = 204
"""HTTP status of what was erased."""

Certifier = Annotated[Principal, Depends(require(*_CERTIFIERS))]
Party = Annotated[Principal, Depends(require(*_PARTIES))]
Anyone = Annotated[Principal, Depends(require(*Role))]


def certification_router(
    certify: Certify, lines: ReadLines, readership: Readership, check_erased: CheckErased
) -> APIRouter:
    """Return the routes under /api/certification.

    Args:
        certify: The certified records.
        lines: The settlement lines.
        readership: Who may read a record.
        check_erased: Raises the problem of an identifier whose record was erased.
    """
    router = APIRouter(prefix="/api/certification", tags=["certification"])

    _writing_routes(router, certify)
    _transaction_route(router, certify, lines, readership)
    _state_route(router, certify, readership)
    _proof_route(router, certify, lines, readership, check_erased)
    return router


def _transaction_route(
    router: APIRouter, certify: Certify, lines: ReadLines, readership: Readership
) -> None:
    @router.get("/getByTransaction", **documented(gives=Certifications))
    async def get_by_transaction(caller: Party, transaction: str) -> Response:
        """Show what a transaction certified, as far as the caller may see it.

        A record is shown to its owner and to auditors; a reading also to the aggregator and the
        customer of its point of delivery, a settlement line to its aggregator. Of others nothing
        is told, not even their identifiers.
        """
        digest = _digest(transaction)
        shown = [
            certification(stored)
            for stored in await certify.by_transaction(digest)
            if await _may_read(readership, caller, stored)
        ] + [
            made
            for stored, made in await lines.by_transaction(digest)
            if await _may_read_line(readership, caller, stored.line)
        ]
        if not shown:
            raise RecordUnknown(
                "This transaction certified nothing that you may see.", transaction=transaction
            )
        return answer(Certifications(certifications=shown))


def _state_route(router: APIRouter, certify: Certify, readership: Readership) -> None:
    @router.get("/states", **documented(gives=CertificationStates))
    async def get_states(
        caller: Anyone,
        id: Annotated[list[str], Query(min_length=1, max_length=_MOST_STATES)],  # noqa: A002 - its name on the wire
    ) -> Response:
        """Show for many records at once whether, and in which block, each is certified.

        They are shown to whoever may see the records; of others, and where there is none, nothing
        is told.
        """
        found = await certify.of_names(id)
        shown = [stored for stored in found if await _may_read(readership, caller, stored)]
        return answer(CertificationStates(states=await certify.states(shown)))


def _proof_route(
    router: APIRouter,
    certify: Certify,
    lines: ReadLines,
    readership: Readership,
    check_erased: CheckErased,
) -> None:
    @router.get("/proof/{identifier:path}", **documented(gives=Proof))
    async def get_proof(
        caller: Anyone,
        identifier: str,
        owner: Annotated[str | None, Query(max_length=200)] = None,
        statement: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
    ) -> Response:
        """Show the self-contained proof of a record, or of a paid settlement line, by its id.

        It is given to whoever may see the content: its owner and auditors; a reading's also to the
        aggregator and the customer of its point of delivery, as a settlement line's. `owner` names
        the party that had the record certified, where several use the same id; without it the
        caller's own comes first. With `statement` a line's proof holds all lines that were settled
        with it under its agreement, so that their total is checked too.
        """
        await check_erased(identifier)
        line = await lines.line(identifier)
        if line is not None and await _may_read_line(readership, caller, line.line):
            return _file(await lines.prove(line, whole=statement))
        found = await certify.named(identifier, owner)
        shown = [stored for stored in found if await _may_read(readership, caller, stored)]
        return _file(await certify.prove(_chosen(identifier, shown, caller.party_id)))


def _writing_routes(router: APIRouter, certify: Certify) -> None:
    @router.post(
        "",
        **documented(
            CertificationBatch, CertifiedBatch, status=_CREATED, also={200: CertifiedBatch}
        ),
    )
    async def post_records(
        caller: Certifier,
        batch: Annotated[CertificationBatch, body(CertificationBatch, BULK_BYTES)],
    ) -> Response:
        """Certify records under one Merkle root, anchored by one transaction on the chain.

        Each record has its own result, and one that is refused harms no other. An identifier is
        its owner's: two parties may use the same one. 200 where no record is new.
        """
        made = await certify.certify(caller.party_id, batch.records)
        return answer(made, _CREATED if any(it.is_new for it in made.results) else 200)

    @router.delete("/{identifier:path}", **documented(status=_NO_CONTENT))
    async def delete_record(caller: Certifier, identifier: str) -> Response:
        """Erase a record's content and salt; the proofs of other records stand."""
        await certify.erase(caller.party_id, identifier)
        return Response(status_code=_NO_CONTENT)


def _chosen(identifier: str, shown: Sequence[CertifiedRecord], party: str) -> CertifiedRecord:
    """Return the record that is meant: the party's own, or the only one that it may see."""
    chosen = [stored for stored in shown if stored.owner == party] or shown
    if not chosen:
        raise record_unknown(identifier)  # as if there were none, so that nobody asks around
    if len(chosen) > 1:
        owners = [stored.owner for stored in chosen]
        raise IdentifierAmbiguous(
            f"Record {identifier} is of {', '.join(owners)}: say whose.", owners=owners
        )
    return chosen[0]


async def _may_read(readership: Readership, caller: Principal, stored: CertifiedRecord) -> bool:
    return caller.has(Role.AUDITOR) or await readership.includes(caller.party_id, stored)


async def _may_read_line(readership: Readership, caller: Principal, line: SettlementLine) -> bool:
    oversees = caller.has(Role.AUDITOR, Role.MARKET_OPERATOR)
    return oversees or await readership.includes_line(caller.party_id, line)


def _digest(transaction: str) -> bytes:
    try:
        return bytes.fromhex(transaction.removeprefix("0x"))
    except ValueError:  # no hexadecimal number names no transaction
        return b""


def _file(content: bytes) -> Response:
    return Response(content, media_type="application/json")
