"""The agreement contract computes what the Python rule computes, on random lines."""

from random import Random
from typing import Any

import pytest

from platone.kernel.settlement_rule import RAISE, REDUCE, settle_line, share_net
from platone.kernel.signature import SigningKey

AGGREGATOR, CUSTOMER = SigningKey(b"\x21" * 32), SigningKey(b"\x22" * 32)
AGREEMENT = b"\x66" * 32
LINE = "(bytes32,bytes32,bytes32,int256,int256,int256,int256,int256)"
MAKE = "make_agreement(bytes32,address,address,uint256,uint256)"
EVENT_WORDS = ("delivered", "deficiency", "net", "customer", "aggregator")


def random_line(random: Random) -> dict[str, int]:
    """Quantities of every size, often where the rule bends: nothing, all, or too much delivered."""
    ordered = random.choice([1, 2, 3, 999_999, random.randrange(1, 10 ** random.randrange(1, 18))])
    baseline = random.randrange(-(10**12), 10**12)
    change = random.choice(
        [0, 1, -1, ordered - 1, ordered, ordered + 1, random.randrange(-(10**12), 10**12)]
    )
    direction = random.choice([REDUCE, RAISE])
    return {
        "direction": direction,
        "baseline": baseline,
        "ordered": ordered,
        "measured": baseline - direction * change,
        "price": random.choice([0, 1, -1, random.randrange(-(10**9), 10**9)]),
    }


def encoded(number: int, line: dict[str, int]) -> tuple[object, ...]:
    return (number.to_bytes(32), b"\x77" * 32, AGREEMENT, *line.values())


def by_rule(line: dict[str, int], penalty_price: int) -> Any:
    return settle_line(
        reference=line["baseline"],
        ordered=-line["direction"] * line["ordered"],
        measured=line["measured"],
        price=line["price"],
        penalty_price=penalty_price,
    )


def test_amounts_of_random_lines(bench: Any) -> None:
    random = Random(20210623)  # noqa: S311 - repeatable on purpose
    signature = f"amounts({LINE},uint256)"
    for number in range(1, 301):
        line, penalty = random_line(random), random.choice([0, 1, random.randrange(10**9)])
        said = bench.ask(
            bench.at.agreement,
            signature,
            (encoded(number, line), penalty),
            "int256",
            "int256",
            "int256",
        )
        rule = by_rule(line, penalty)
        assert tuple(said) == (rule.delivered, rule.deficiency, rule.net), (line, penalty)


@pytest.mark.parametrize("share", [0, 1, 333_333, 999_999, 1_000_000])
def test_payments_of_random_lines(bench: Any, share: int) -> None:
    random, penalty = Random(share), 7_654_321  # noqa: S311 - repeatable on purpose
    values = (AGREEMENT, AGGREGATOR.address, CUSTOMER.address, share, penalty)
    assert bench.send(AGGREGATOR, bench.at.agreement, MAKE, *values).succeeded
    lines = [random_line(random) for _ in range(40)]
    outcome = bench.send(
        bench.operator,
        bench.at.agreement,
        f"settle(bytes32,{LINE}[])",
        b"\x01" * 32,
        [encoded(number, line) for number, line in enumerate(lines, start=1)],
    )
    assert outcome.succeeded

    events = [log for log in outcome.logs if log.address == bench.at.agreement]
    rules = [by_rule(line, penalty) for line in lines]
    shares = [share_net(rule.net, share) for rule in rules]
    for event, rule, part in zip(events, rules, shares, strict=True):
        words = [event.data[start : start + 32] for start in range(6 * 32, 11 * 32, 32)]
        said = [int.from_bytes(word, signed=number < 3) for number, word in enumerate(words)]
        expected = (rule.delivered, rule.deficiency, rule.net, part.customer, part.aggregator)
        assert dict(zip(EVENT_WORDS, said, strict=True)) == dict(
            zip(EVENT_WORDS, expected, strict=True)
        )
    assert bench.balance(CUSTOMER.address) == sum(part.customer for part in shares)
    assert bench.balance(AGGREGATOR.address) == sum(part.aggregator for part in shares)
    owed = bench.ask(bench.at.agreement, "owed(bytes32)", (AGREEMENT,), "uint256")
    assert owed == sum(part.owed for part in shares) > 0
