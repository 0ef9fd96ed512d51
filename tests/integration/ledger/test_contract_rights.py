"""Contracts against those who may not, and against what must not happen twice or at all."""

from datetime import UTC, datetime
from functools import reduce
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak
from tests.integration.ledger.agreed_entry import AGGREGATOR, AGREEMENT, CUSTOMER, MAKE, SETTLE, TAG

from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.gateway import ContractGateway
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.adapters.evm.view import ThreadedView
from platone.ledger.adapters.evm.writer import ChainWriter

ROOT = b"\x55" * 32


def refusal(outcome: Any) -> str:
    assert not outcome.succeeded
    assert outcome.logs == ()
    return revert_reason(outcome.output)


FORBIDDEN: list[tuple[str, str, tuple[object, ...]]] = [
    ("certification", "anchor(bytes32,bytes32,uint256)", (ROOT, bytes(32), 1)),
    ("node_register", "register(address)", (CUSTOMER.address,)),
    ("node_register", "revoke(address)", (CUSTOMER.address,)),
    ("agreement", SETTLE, (bytes(32), [], [], [])),
    ("agreement", MAKE, (TAG, AGGREGATOR.address, CUSTOMER.address, 0, 0, 0, 0)),
    ("agreement", "end_agreement(bytes32)", (AGREEMENT,)),
] + [
    (contract, signature, values)
    for contract in ("certification", "node_register", "agreement")
    for signature, values in (
        ("authorise(address)", (CUSTOMER.address,)),
        ("withdraw_authority(address)", (CUSTOMER.address,)),
        ("offer_ownership(address)", (CUSTOMER.address,)),
        ("accept_ownership()", ()),
    )
]


def test_strangers_may_nothing(bench: Any) -> None:
    for contract, signature, values in FORBIDDEN:
        outcome = bench.send(bench.stranger, getattr(bench.at, contract), signature, *values)
        assert refusal(outcome), signature


def test_even_the_owner_needs_authority(bench: Any) -> None:
    outcome = bench.send(bench.operator, bench.at.node_register, "register(address)", ROOT[:20])
    assert refusal(outcome) == "Authority: not authorised"


def test_nobody_creates_tokens_but_by_settling(bench: Any) -> None:
    call = ("mint(address,uint256)", CUSTOMER.address, 1)
    assert not bench.send(bench.operator, bench.at.agreement, *call).succeeded


def test_ownership_moves_in_two_steps(bench: Any) -> None:
    at, heir = bench.at.certification, SigningKey()
    assert bench.send(bench.operator, at, "offer_ownership(address)", heir.address).succeeded
    assert bench.ask(at, "owner()", (), "address") == bench.operator.address.lower()
    assert bench.send(heir, at, "accept_ownership()").succeeded
    assert bench.ask(at, "owner()", (), "address") == heir.address.lower()
    assert refusal(bench.send(bench.operator, at, "authorise(address)", heir.address))
    assert refusal(bench.send(heir, at, "accept_ownership()"))


def test_withdrawn_authority_is_gone(bench: Any) -> None:
    at = bench.at.certification
    bench.send(bench.operator, at, "withdraw_authority(address)", bench.administrator.address)
    anchor = "anchor(bytes32,bytes32,uint256)"
    assert refusal(bench.send(bench.administrator, at, anchor, ROOT, bytes(32), 1))


async def test_of_a_root_anchored_again_the_first_time_counts(bench: Any) -> None:
    anchor, at = "anchor(bytes32,bytes32,uint256)", bench.at.certification
    gateway = ContractGateway(ChainWriter(bench.chain), ThreadedView(bench.view), bench.at)
    assert await gateway.anchored_at(ROOT) is None
    assert bench.send(bench.operator, at, anchor, ROOT, b"reading".ljust(32, b"\0"), 3).succeeded
    first = datetime.fromtimestamp(bench.chain.head.timestamp, UTC)
    assert bench.send(bench.administrator, at, anchor, ROOT, bytes(32), 3).succeeded
    assert refusal(bench.send(bench.operator, at, anchor, bytes(32), bytes(32), 3))
    assert refusal(bench.send(bench.operator, at, anchor, b"\x01" * 32, bytes(32), 0))
    assert await gateway.anchored_at(ROOT) == first


def test_who_has_all_anchors_finds_the_chain_of_roots(bench: Any) -> None:
    """Recomputed from the events as the contract's text says; one left out is seen."""
    anchor, at = "anchor(bytes32,bytes32,uint256)", bench.at.certification
    words = ("bytes32", "bytes32", "bytes32", "uint256", "address", "uint256")
    start = keccak(encode(["uint256", "address"], [bench.chain.chain_id, "0x" + at.hex()]))
    assert bench.ask(at, "chain_of_roots()", (), "bytes32") == start
    links = []
    for number, sender in enumerate((bench.operator, bench.administrator, bench.operator), 1):
        root, kind = bytes([number]) * 32, b"reading".ljust(32, b"\0")
        assert bench.send(sender, at, anchor, root, kind, number).succeeded
        links.append((root, kind, number, sender.address, bench.chain.head.timestamp))

    def folded(chosen: Any) -> bytes:
        return reduce(lambda head, link: keccak(encode(words, [head, *link])), chosen, start)

    found = bench.ask(at, "chain_of_roots()", (), "bytes32")
    assert found == folded(links)
    assert found not in {folded(links[:2]), folded(links[1:]), folded(links[::-1])}


def test_a_revoked_device_does_not_come_back(bench: Any) -> None:
    at, device = bench.at.node_register, CUSTOMER.address
    for signature, works in (
        ("revoke(address)", False),
        ("register(address)", True),
        ("register(address)", False),
        ("revoke(address)", True),
        ("revoke(address)", False),
        ("register(address)", False),
    ):
        assert bench.send(bench.administrator, at, signature, device).succeeded == works
    assert not bench.ask(at, "is_registered(address)", (device,), "bool")
    entry = bench.ask(at, "nodes(address)", (device,), "uint256", "uint256", "address", "address")
    assert 0 < entry[0] < entry[1]
    assert entry[2:] == (bench.administrator.address.lower(),) * 2


def test_contracts_take_no_ether_and_know_no_other_call(bench: Any) -> None:
    assert not bench.send(bench.operator, bench.at.agreement, "burn(uint256)", 1).succeeded
