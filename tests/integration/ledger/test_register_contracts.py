"""What contracts keep and tell of authorities, roots and devices: each event, topic by topic."""

from typing import Any

import pytest
from eth_hash.auto import keccak

from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.domain.receipt import Receipt

HEIR, DEVICE = SigningKey(b"\x31" * 32), SigningKey(b"\x32" * 32)
ZERO = "0x" + "0" * 40
CONTRACTS = ("certification", "node_register", "agreement")
ROOT, KIND = b"\x55" * 32, b"reading".ljust(32, b"\0")
ANCHOR = "anchor(bytes32,bytes32,uint256)"


def told(outcome: Any) -> list[bytes]:
    """The topics of the one event of a call that succeeded, all of its parties indexed."""
    assert outcome.succeeded
    (log,) = outcome.logs
    return list(log.topics)


def event(signature: str, *accounts: str) -> list[bytes]:
    """The topics of an event by the ABI: the hash of its signature, and padded addresses."""
    return [keccak(signature.encode()), *(bytes(12) + bytes.fromhex(it[2:]) for it in accounts)]


def refusal(outcome: Any) -> str:
    assert not outcome.succeeded
    assert outcome.logs == ()
    return revert_reason(outcome.output)


def ask(bench: Any, at: bytes, getter: str) -> str:
    return str(bench.ask(at, getter, (), "address"))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_ownership_is_offered_and_accepted_and_both_are_told(bench: Any, contract: str) -> None:
    at, owner = getattr(bench.at, contract), bench.operator
    offer, accept = "offer_ownership(address)", "accept_ownership()"
    assert ask(bench, at, "candidate()") == ZERO
    assert refusal(bench.send(HEIR, at, accept)) == "Authority: not the candidate"
    offered = told(bench.send(owner, at, offer, HEIR.address))
    assert offered == event("OwnershipOffered(address,address)", owner.address, HEIR.address)
    assert ask(bench, at, "candidate()") == HEIR.address.lower()
    assert refusal(bench.send(bench.stranger, at, accept)) == "Authority: not the candidate"
    assert refusal(bench.send(HEIR, at, offer, HEIR.address)) == "Authority: not the owner"
    moved = told(bench.send(HEIR, at, accept))
    assert moved == event("OwnershipTransferred(address,address)", owner.address, HEIR.address)
    assert ask(bench, at, "owner()") == HEIR.address.lower()
    assert ask(bench, at, "candidate()") == ZERO
    assert refusal(bench.send(HEIR, at, accept)) == "Authority: not the candidate"
    assert refusal(bench.send(owner, at, offer, ZERO)) == "Authority: not the owner"


def test_an_offer_can_be_withdrawn(bench: Any) -> None:
    at, offer = bench.at.agreement, "offer_ownership(address)"
    told(bench.send(bench.operator, at, offer, HEIR.address))
    told(bench.send(bench.operator, at, offer, ZERO))
    assert refusal(bench.send(HEIR, at, "accept_ownership()")) == "Authority: not the candidate"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_authority_is_given_and_withdrawn_and_both_are_told(bench: Any, contract: str) -> None:
    at, account = getattr(bench.at, contract), HEIR.address
    give, take = "authorise(address)", "withdraw_authority(address)"

    def has() -> bool:
        return bool(bench.ask(at, "authorised(address)", (account,), "bool"))

    assert not has()
    given = told(bench.send(bench.operator, at, give, account))
    assert given == event("Authorised(address)", account)
    assert has()
    for signature in (give, take):  # the authorised are no owners
        assert refusal(bench.send(HEIR, at, signature, account)) == "Authority: not the owner"
    assert refusal(bench.send(bench.operator, at, give, ZERO)) == "Authority: zero address"
    taken = told(bench.send(bench.operator, at, take, account))
    assert taken == event("AuthorityWithdrawn(address)", account)
    assert not has()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_deployer_is_the_owner_from_the_first_block(bench: Any, contract: str) -> None:
    at = getattr(bench.at, contract)
    transferred = event("OwnershipTransferred(address,address)", ZERO, bench.operator.address)
    receipts = [Receipt.decode(each) for each in bench.store.by_number(1).receipts]
    told_by = [
        log.address for each in receipts for log in each.logs if list(log.topics) == transferred
    ]
    assert told_by.count(at) == 1


def test_an_anchored_root_tells_kind_certifier_and_count(bench: Any) -> None:
    done = bench.send(bench.administrator, bench.at.certification, ANCHOR, ROOT, KIND, 3)
    (log,) = done.logs
    certifier = bytes(12) + bytes.fromhex(bench.administrator.address[2:])
    signature = b"Anchored(bytes32,bytes32,address,uint256)"
    assert list(log.topics) == [keccak(signature), ROOT, KIND, certifier]
    assert log.data == (3).to_bytes(32)
    for root, count, why in ((bytes(32), 1, "empty root"), (b"\x01" * 32, 0, "empty tree")):
        refused = bench.send(bench.operator, bench.at.certification, ANCHOR, root, KIND, count)
        assert refusal(refused) == f"Certification: {why}"
    one = bench.send(bench.operator, bench.at.certification, ANCHOR, b"\x01" * 32, KIND, 1)
    assert one.succeeded


def test_a_device_is_admitted_and_revoked_once_and_both_are_told(bench: Any) -> None:
    at, device, by = bench.at.node_register, DEVICE.address, bench.administrator
    gives = ("uint256", "uint256", "address", "address")

    def is_admitted() -> bool:
        return bool(bench.ask(at, "is_registered(address)", (device,), "bool"))

    assert not is_admitted()
    unknown = bench.send(by, at, "revoke(address)", device)
    assert refusal(unknown) == "NodeRegister: unknown device"
    assert refusal(bench.send(by, at, "register(address)", ZERO)) == "NodeRegister: zero address"
    admitted = told(bench.send(by, at, "register(address)", device))
    assert admitted == event("NodeRegistered(address,address)", device, by.address)
    assert is_admitted()
    begun = bench.chain.head.timestamp
    assert bench.ask(at, "nodes(address)", (device,), *gives) == (
        *(begun, 0),
        *(by.address.lower(), ZERO),
    )
    twice = bench.send(by, at, "register(address)", device)
    assert refusal(twice) == "NodeRegister: registered before"
    revoked = told(bench.send(by, at, "revoke(address)", device))
    assert revoked == event("NodeRevoked(address,address)", device, by.address)
    assert not is_admitted()
    assert bench.ask(at, "nodes(address)", (device,), *gives)[:2] == (
        *(begun, bench.chain.head.timestamp),
    )
    gone = bench.send(by, at, "revoke(address)", device)
    assert refusal(gone) == "NodeRegister: revoked before"
