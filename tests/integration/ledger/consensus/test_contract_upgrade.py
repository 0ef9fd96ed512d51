"""The upgrade of a contract at one validator: from which block, under which conditions."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.ledger.consensus.test_validator_checkpoint import (  # noqa: F401 - a fixture
    CHAIN_ID,
    SENDER,
    founding,
)
from tests.newer_contracts import NewerContracts

from platone.ledger.adapters.consensus.abci import Proposal
from platone.ledger.adapters.consensus.agreed_code import AgreedCode
from platone.ledger.adapters.consensus.application import Application, Executed
from platone.ledger.adapters.consensus.member_keys import MemberVoucher, validator_secret
from platone.ledger.adapters.consensus.order import change_order
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm import contract_version
from platone.ledger.adapters.evm.audit import audit_chain
from platone.ledger.adapters.evm.compiler import Artifact
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.reads import ChainReads
from platone.ledger.adapters.evm.view import call_data
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import SoftwareOutdated
from platone.ledger.domain.membership import Change
from platone.ledger.domain.problem import BlockTampered, RpcError
from platone.ledger.domain.proof import tohex
from platone.ledger.domain.transaction import Transaction
from platone.ledger.domain.upgrade import Upgrade, code_hash

AT = Deployment.by(SENDER).certification
ROOT, KIND, NO_KIND = b"\x05" * 32, b"notice".ljust(32, b"\0"), bytes(32)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> NewerContracts:
    return NewerContracts(tmp_path_factory.mktemp("newer"))


class Member:
    """A consortium's one member, whose contract is made in block 1 and may be used from 2 on."""

    def __init__(self, folder: Path, founding: Consortium, creation: bytes) -> None:  # noqa: F811
        self.secret = validator_secret(folder)
        self.store = ValidatorStore(folder / "chain.db")
        self.founding = founding
        self.nonce = 0
        self.reads = dict[str, Any](ChainReads(self.store, CHAIN_ID, "test").methods())
        self.application = self.opened()
        self.sends(b"", creation)
        self.sends(AT, call_data("authorise(address)", (SENDER.address,)))
        self.old: str = code_hash(bytes.fromhex(self.reads["eth_getCode"](tohex(AT))[2:]))

    def opened(self) -> Application:
        return Application(self.store, self.founding, MemberVoucher(self.secret))

    def orders(self, *contents: bytes) -> Executed:
        application = self.application
        proposal = Proposal(application.height + 1, 1_800_000_000, contents)
        executed, _, _ = application.execute(proposal)
        application.commit()
        return executed

    def sends(self, to: bytes, data: bytes) -> bool:
        """Have a transaction executed, and return whether it succeeded."""
        body = Transaction(chain_id=CHAIN_ID, nonce=self.nonce, gas=5_000_000, to=to, data=data)
        block = self.orders(body.sign(SENDER).encode()).block
        assert block is not None
        self.nonce += 1
        told = self.reads["eth_getTransactionReceipt"](tohex(body.sign(SENDER).hash))
        return bool(told["status"] == "0x1")

    def anchors(self, kind: bytes) -> bool:
        return self.sends(AT, call_data("anchor(bytes32,bytes32,uint256)", (ROOT, kind, 1)))

    def asks(self, signature: str) -> Any:
        asked = {"to": tohex(AT), "data": tohex(call_data(signature, ()))}
        return self.reads["eth_call"](asked, "latest")

    def agreed(self, **what: Any) -> Change:
        consortium = self.application.consortium
        change = Change(number=len(consortium.changes) + 1, **what)
        return consortium.agreed(change, self.secret)

    def upgrade(self, newer: NewerContracts, from_block: int, **other: Any) -> Change:
        told: dict[str, Any] = {
            "contract": "Certification",
            "address": tohex(AT),
            "old_code": self.old,
            "new_code": newer.hash,
            "from_block": from_block,
        }
        return self.agreed(upgrade=Upgrade(**(told | other)), code=tohex(newer.code))

    def refusal(self, change: Change) -> str:
        """Return why a change is refused, at the door and in a block alike."""
        content = change_order(change)
        result = self.application.check(content, again=False)
        executed, _, _ = self.application.execute(
            Proposal(self.application.height + 1, 1_800_000_000, (content,))
        )
        assert executed.results[0] == result
        assert executed.block is None
        return result.log


@pytest.fixture
def member(
    tmp_path: Path,
    founding: Consortium,  # noqa: F811
    contracts: dict[str, Artifact],
    newer: NewerContracts,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Member]:
    monkeypatch.setattr(contract_version, "VERSIONS", newer.versions)
    member = Member(tmp_path, founding, contracts["Certification"].creation_code)
    with contextlib.closing(member.store):
        yield member


def test_the_new_rule_holds_from_the_block_that_the_change_names(
    member: Member, newer: NewerContracts
) -> None:
    """Blocks 1 and 2 made the contract; 3 holds the change, which counts from block 6 on."""
    assert member.orders(change_order(member.upgrade(newer, 6))).results[0].code == 0
    with pytest.raises(RpcError):
        member.asks("release()")
    assert member.anchors(NO_KIND)  # block 4
    before = member.asks("chain_of_roots()")
    member.orders()  # a height without transactions makes no block, and so no upgrade
    assert member.anchors(KIND)  # block 5
    kept = member.asks("chain_of_roots()")
    assert kept != before
    assert not member.anchors(NO_KIND)  # block 6
    assert int(member.asks("release()"), 16) == 2
    assert member.asks("chain_of_roots()") == kept  # its storage stays
    assert member.anchors(KIND)  # and so does who may use it
    assert member.reads["eth_getCode"](tohex(AT), "latest") == tohex(newer.code)
    older = member.reads["eth_getCode"](tohex(AT), "0x5")
    assert code_hash(bytes.fromhex(older[2:])) == member.old


def test_the_chain_is_executed_again_over_an_upgrade(member: Member, newer: NewerContracts) -> None:
    member.orders(change_order(member.upgrade(newer, 5)))
    assert member.anchors(NO_KIND)
    assert not member.anchors(NO_KIND)
    consortium = member.application.consortium
    replaced = AgreedCode(member.store.changes()).replaced(consortium)
    assert audit_chain(member.store, CHAIN_ID, replaced) == 6
    with pytest.raises(BlockTampered, match="Block 5: executing it again gives other receipts"):
        audit_chain(member.store, CHAIN_ID)
    member.application = member.opened()  # what is opened again knows the code
    assert not member.anchors(NO_KIND)


def test_what_was_agreed_is_withdrawn_before_it_begins(
    member: Member, newer: NewerContracts
) -> None:
    member.orders(change_order(member.upgrade(newer, 6)))
    assert member.application.consortium.upgrades.keys() == {1}
    assert "withdraw it" in member.refusal(member.upgrade(newer, 9))
    member.orders(change_order(member.agreed(withdraw=1)))
    assert member.application.consortium.upgrades == {}
    for _ in range(3):
        assert member.anchors(NO_KIND)
    assert "is no upgrade that stands" in member.refusal(member.agreed(withdraw=2))


def test_what_is_in_force_is_not_withdrawn(member: Member, newer: NewerContracts) -> None:
    member.orders(change_order(member.upgrade(newer, 4)))
    assert "in force since block 4" in member.refusal(member.agreed(withdraw=1))
    member.anchors(KIND)
    assert "in force since block 4" in member.refusal(member.agreed(withdraw=1))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"from_block": 3}, "the next block has the number 3"),
        ({"from_block": 1}, "the next block has the number 3"),
        ({"old_code": "0x" + "1" * 64}, "has the code"),
        ({"address": "0x" + "1" * 40}, "has the code 0xc5d2460186f7233c927e7db2dcc703c0"),
        ({"new_code": "0x" + "1" * 64}, "and the upgrade names"),
    ],
    ids=repr,
)
def test_an_upgrade_that_does_not_fit_is_refused(
    member: Member, newer: NewerContracts, other: dict[str, Any], said: str
) -> None:
    assert said in member.refusal(member.upgrade(newer, **({"from_block": 9} | other)))


def test_an_upgrade_without_its_code_is_refused(member: Member, newer: NewerContracts) -> None:
    bare = msgspec.structs.replace(member.upgrade(newer, 9), code=None)
    assert "is missing" in member.refusal(bare)


def test_software_that_does_not_know_a_code_takes_no_part_in_its_first_block(
    member: Member, newer: NewerContracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    member.orders(change_order(member.upgrade(newer, 5)))
    monkeypatch.undo()
    member.application = member.opened()
    assert [each.from_block for each in member.application.unknown_upgrades()] == [5]
    member.application.check_software()
    assert member.anchors(KIND)
    with pytest.raises(SoftwareOutdated, match="From block 5 on"):
        member.application.check_software()
    with pytest.raises(SoftwareOutdated, match="install one that knows it"):
        member.anchors(KIND)
    monkeypatch.setattr(contract_version, "VERSIONS", newer.versions)
    member.application = member.opened()
    assert member.anchors(KIND)


def test_a_change_without_an_upgrade_is_written_as_before() -> None:
    """As files and seals of before have it, whose bytes count."""
    told = json.loads(change_order(Change(number=1, remove="X")).split(b"\n", 1)[1])
    assert told == {"number": 1, "add": None, "remove": "X", "agreements": []}
