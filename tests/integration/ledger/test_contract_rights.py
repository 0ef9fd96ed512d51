"""Contracts against those who may not, and against what must not happen twice or at all."""

from typing import Any

from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.revert import revert_reason

AGGREGATOR, CUSTOMER = SigningKey(b"\x21" * 32), SigningKey(b"\x22" * 32)
ROOT, AGREEMENT = b"\x55" * 32, b"\x66" * 32
LINE = "(bytes32,bytes32,bytes32,int256,int256,int256,int256,int256)"
SETTLE = f"settle(bytes32,{LINE}[])"
MAKE = "make_agreement(bytes32,address,address,uint256,uint256)"
MICRO = 10**6


def line(number: int, **changes: int) -> tuple[object, ...]:
    values = {
        "direction": 1,
        "baseline": 10 * MICRO,
        "ordered": 2 * MICRO,
        "measured": 8 * MICRO,
        "price": 7 * MICRO,
    } | changes
    return (number.to_bytes(32), b"\x77" * 32, AGREEMENT, *values.values())


def agree(bench: Any, sender: SigningKey = AGGREGATOR, share: int = 900_000) -> Any:
    values = (AGREEMENT, AGGREGATOR.address, CUSTOMER.address, share, 11 * MICRO)
    return bench.send(sender, bench.at.agreement, MAKE, *values)


def settle(bench: Any, *lines: tuple[object, ...], sender: SigningKey | None = None) -> Any:
    sender = sender or bench.operator
    return bench.send(sender, bench.at.agreement, SETTLE, b"\x01" * 32, list(lines))


def refusal(outcome: Any) -> str:
    assert not outcome.succeeded
    assert outcome.logs == ()
    return revert_reason(outcome.output)


FORBIDDEN: list[tuple[str, str, tuple[object, ...]]] = [
    ("certification", "anchor(bytes32,bytes32,uint256)", (ROOT, bytes(32), 1)),
    ("node_register", "register(address)", (CUSTOMER.address,)),
    ("node_register", "revoke(address)", (CUSTOMER.address,)),
    ("token", "mint(address,uint256)", (CUSTOMER.address, 1)),
    ("agreement", SETTLE, (bytes(32), [])),
    ("agreement", MAKE, (AGREEMENT, AGGREGATOR.address, CUSTOMER.address, 0, 0)),
    ("agreement", "end_agreement(bytes32)", (AGREEMENT,)),
] + [
    (contract, signature, values)
    for contract in ("certification", "node_register", "token", "agreement")
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
    outcome = bench.send(
        bench.operator, bench.at.token, "mint(address,uint256)", CUSTOMER.address, 1
    )
    assert refusal(outcome) == "Authority: not authorised"


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


def test_a_root_is_anchored_once(bench: Any) -> None:
    anchor, at = "anchor(bytes32,bytes32,uint256)", bench.at.certification
    assert bench.send(bench.operator, at, anchor, ROOT, b"reading".ljust(32, b"\0"), 3).succeeded
    assert refusal(bench.send(bench.operator, at, anchor, ROOT, bytes(32), 3)).endswith("before")
    assert refusal(bench.send(bench.operator, at, anchor, bytes(32), bytes(32), 3))
    assert refusal(bench.send(bench.operator, at, anchor, b"\x01" * 32, bytes(32), 0))
    stamp = bench.ask(at, "anchored_at(bytes32)", (ROOT,), "uint256")
    assert stamp == bench.chain.head.timestamp - 3


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


def test_uftp_published_case_pays_by_share(bench: Any) -> None:
    assert agree(bench).succeeded
    nets = []
    for number, measured in enumerate((7, 8, 9, 10, 11), start=1):
        outcome = settle(bench, line(number, measured=measured * MICRO))
        event = next(log for log in outcome.logs if log.address == bench.at.agreement)
        nets.append(int.from_bytes(event.data[8 * 32 : 9 * 32], signed=True) // 10**12)
    assert nets == [14, 14, -4, -22, -33]
    assert bench.balance(CUSTOMER.address) == 28 * 9 * 10**17
    assert bench.balance(AGGREGATOR.address) == 28 * 10**17
    owed = bench.ask(bench.at.agreement, "owed(bytes32)", (AGREEMENT,), "uint256")
    assert owed == (4 + 22 + 33) * 10**18


def test_raising_consumption_pays_too(bench: Any) -> None:
    agree(bench, share=0)
    assert settle(bench, line(1, direction=-1, measured=12 * MICRO)).succeeded
    assert bench.balance(AGGREGATOR.address) == 14 * 10**18
    assert bench.balance(CUSTOMER.address) == 0


def test_a_line_is_settled_once_even_within_a_call(bench: Any) -> None:
    agree(bench)
    assert settle(bench, line(1)).succeeded
    before = bench.balance(CUSTOMER.address)
    assert refusal(settle(bench, line(1))).endswith("settled before")
    assert refusal(settle(bench, line(2), line(3), line(2))).endswith("settled before")
    assert bench.balance(CUSTOMER.address) == before
    assert bench.ask(bench.at.agreement, "settled_at(bytes32)", ((3).to_bytes(32),), "uint256") == 0


OUT_OF_BOUNDS = [
    {"direction": 0},
    {"direction": 2},
    {"ordered": 0},
    {"ordered": -1},
    {"ordered": 10**18 + 1},
    {"baseline": 2**255 - 1},
    {"baseline": -(2**255)},
    {"measured": -(2**255)},
    {"measured": 10**18 + 1},
    {"price": 10**15 + 1},
    {"price": -(2**255)},
]


def test_quantities_out_of_bounds_are_refused(bench: Any) -> None:
    agree(bench)
    for number, changes in enumerate(OUT_OF_BOUNDS, start=1):
        assert not settle(bench, line(number, **changes)).succeeded, changes
    assert bench.balance(CUSTOMER.address) == 0


def test_largest_quantities_do_not_overflow(bench: Any) -> None:
    agree(bench)
    high = 10**18
    outcome = settle(bench, line(1, baseline=high, ordered=high, measured=-high, price=10**15))
    assert outcome.succeeded
    assert bench.balance(CUSTOMER.address) == high * 10**15 * MICRO * 9 // 10


def test_an_agreement_is_made_once_by_its_parties(bench: Any) -> None:
    assert refusal(agree(bench, CUSTOMER)).endswith("not a party")
    assert refusal(agree(bench, share=1_000_001)).endswith("whole")
    assert agree(bench, bench.operator).succeeded
    assert refusal(agree(bench)).endswith("made before")


def test_an_ended_agreement_settles_no_more(bench: Any) -> None:
    agree(bench)
    end = "end_agreement(bytes32)"
    assert refusal(bench.send(AGGREGATOR, bench.at.agreement, end, AGREEMENT))
    assert bench.send(bench.operator, bench.at.agreement, end, AGREEMENT).succeeded
    assert refusal(settle(bench, line(1))).endswith("ended before")
    assert refusal(agree(bench)).endswith("made before")
    assert not bench.ask(bench.at.agreement, "is_active(bytes32)", (AGREEMENT,), "bool")


def test_an_unknown_agreement_settles_nothing(bench: Any) -> None:
    assert refusal(settle(bench, line(1))).endswith("unknown agreement")


def test_contracts_take_no_ether_and_know_no_other_call(bench: Any) -> None:
    assert not bench.send(bench.operator, bench.at.token, "burn(uint256)", 1).succeeded
