"""Certification over REST (D2.15 table 1, and proofs and erasure)."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.kernel.errors import NotOwner
from platone.ledger.domain.problem import IdentifierAmbiguous, RecordUnknown
from platone.ledger.domain.proof import Proof
from platone.ledger.records.certified_record import CertifiedRecord
from platone.ledger.records.settlement import StoredLine
from platone.ledger.service.certification import Certify, certification
from platone.ledger.service.readership import Readership
from platone.ledger.service.settlement import Settle
from platone.messages.base import Role
from platone.messages.ledger import CertificationBatch, Certifications, CertifiedBatch

_CERTIFIERS = (Role.METERED_DATA_ADMINISTRATOR, Role.MARKET_OPERATOR)
_PARTIES = (
    Role.SYSTEM_OPERATOR,
    Role.FLEXIBILITY_SERVICE_PROVIDER,
    Role.MARKET_OPERATOR,
    Role.METERED_DATA_ADMINISTRATOR,
    Role.AUDITOR,
)
_CREATED = 201
"""HTTP status of records that were certified for the first time."""
_NO_CONTENT = 204
"""HTTP status of what was erased."""

Certifier = Annotated[Principal, Depends(require(*_CERTIFIERS))]
Party = Annotated[Principal, Depends(require(*_PARTIES))]
Anyone = Annotated[Principal, Depends(require(*Role))]


def certification_router(certify: Certify, settle: Settle, readership: Readership) -> APIRouter:
    """Return the routes under /api/certification."""

    async def may_read(caller: Principal, stored: CertifiedRecord) -> bool:
        return caller.has(Role.AUDITOR) or await readership.includes(caller.party_id, stored)

    router = APIRouter(prefix="/api/certification", tags=["certification"])

    _writing_routes(router, certify)

    @router.get("/getByTransaction", **documented(gives=Certifications))
    async def get_by_transaction(caller: Party, transaction: str) -> Response:
        """Show what a transaction certified.

        The content is shown to its owner and to auditors; a reading also to the aggregator and
        the customer of its point of delivery.
        """
        digest = _digest(transaction)
        shown = [
            certification(stored, with_content=await may_read(caller, stored))
            for stored in await certify.by_transaction(digest)
        ] + [
            made if _may_read_line(caller, line) else msgspec.structs.replace(made, content=None)
            for line, made in await settle.by_transaction(digest)
        ]
        if not shown:
            raise RecordUnknown("This transaction certified nothing here.", transaction=transaction)
        return answer(Certifications(certifications=shown))

    @router.get("/proof/{identifier:path}", **documented(gives=Proof))
    async def get_proof(
        caller: Anyone,
        identifier: str,
        owner: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """Show the self-contained proof of a record, or of a paid settlement line, by its id.

        It is given to whoever may see the content, see `getByTransaction`. `owner` names the party
        that had the record certified, where several use the same id; without it the caller's own
        comes first.
        """
        line = await settle.line(identifier)
        if line is not None and _may_read_line(caller, line):
            return _file(await settle.prove(line))
        found = await certify.named(identifier, owner)
        shown = [stored for stored in found if await may_read(caller, stored)]
        return _file(await certify.prove(_chosen(identifier, shown, caller.party_id)))

    return router


def _writing_routes(router: APIRouter, certify: Certify) -> None:
    @router.post("", **documented(CertificationBatch, CertifiedBatch, status=_CREATED))
    async def post_records(
        caller: Certifier, batch: Annotated[CertificationBatch, body(CertificationBatch)]
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
        raise NotOwner(f"Record {identifier} belongs to another party.", id=identifier)
    if len(chosen) > 1:
        owners = [stored.owner for stored in chosen]
        raise IdentifierAmbiguous(
            f"Record {identifier} is of {', '.join(owners)}: say whose.", owners=owners
        )
    return chosen[0]


def _may_read_line(caller: Principal, stored: StoredLine) -> bool:
    return caller.party_id == stored.line.aggregator_id or caller.has(
        Role.AUDITOR, Role.MARKET_OPERATOR
    )


def _digest(transaction: str) -> bytes:
    try:
        return bytes.fromhex(transaction.removeprefix("0x"))
    except ValueError:  # no hexadecimal number names no transaction
        return b""


def _file(content: bytes) -> Response:
    return Response(content, media_type="application/json")
