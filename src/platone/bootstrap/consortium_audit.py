"""The audit of a validator's chain: all of it is verified and executed again; it may run."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from platone.bootstrap.consortium import CHAIN, read_consortium
from platone.ledger.adapters.consensus.agreed_code import AgreedCode
from platone.ledger.adapters.consensus.application import Unsealed
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm.audit import audit_chain
from platone.ledger.adapters.evm.draft import genesis_mark
from platone.ledger.adapters.evm.verification import verify_chain
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.problem import BlockTampered
from platone.messages.chain import ChainAudit


def audit_validator(folder: Path) -> ChainAudit:
    """Check a validator's chain from its first block, and return what does not fit.

    Every link and root is verified, every change is held against the members' signatures and the
    block that names it, and every block is executed again, with the codes that were agreed.

    Raises:
        ConsortiumInvalid: The folder belongs to no consortium, or its validator never ran.
    """
    founding = msgspec.structs.replace(read_consortium(folder), changes=[])
    if not (folder / CHAIN).exists():
        raise ConsortiumInvalid(f"{folder} has no chain yet: let its validator run first.")
    faults: list[str] = []
    blocks = 0
    with closing(ValidatorStore(folder / CHAIN, read_only=True)) as store:
        try:
            blocks = _checked(store, founding)
        except (BlockTampered, ConsortiumInvalid) as error:
            faults.append(error.detail)
    return ChainAudit(place=str(folder), blocks=blocks, certifications=0, faults=faults)


def _checked(store: ValidatorStore, founding: Consortium) -> int:
    changes = store.changes()
    known = [founding]
    for change in changes:
        known.append(known[-1].changed(change))
    verify_chain(store, Unsealed(founding.address), genesis_mark(founding.chain_id))
    _check_named(known, _digests(store))
    replaced = AgreedCode(changes).replaced(known[-1])
    return audit_chain(store, founding.chain_id, replaced)


def _digests(store: ValidatorStore) -> Iterator[tuple[int, bytes]]:
    """Yield the blocks that name a consortium, with its hash."""
    for block in store.blocks(1):
        if digest := block.decoded_header.extra_data:
            yield block.number, digest


def _check_named(known: list[Consortium], digests: Iterator[tuple[int, bytes]]) -> None:
    """Check that blocks name the consortium after each change, up to the newest, in order."""
    places = {each.digest: place for place, each in enumerate(known)}
    reached = 0
    for number, digest in digests:
        place = places.get(digest, 0)
        if place <= reached:
            raise BlockTampered(number, "it names a consortium that no change leads to")
        reached = place
    if reached != len(known) - 1:
        raise ConsortiumInvalid(f"No block names the consortium after change {reached + 1}.")
