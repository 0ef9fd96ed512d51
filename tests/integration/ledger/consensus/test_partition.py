"""A network of four validators that is cut in two: no side decides alone, and no fork remains."""

import time
from collections.abc import Collection, Iterator

import pytest
from tests.partition import Cable
from tests.validators import NAMES, Validator, consortium, wait_for

from platone.kernel.signature import SigningKey

_CUT_S = 6.0
"""How long a cut lasts, s: a round of voting takes two to three, so that some fail."""


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Validator], Cable]]:
    validators: list[Validator] = []
    cable = Cable(lambda: [each.comet_processes() for each in validators])
    folder = tmp_path_factory.mktemp("partition")
    with consortium(folder, reached=cable.join) as started:
        validators += started
        yield validators, cable
    cable.close()


def cut(validators: list[Validator], cable: Cable, *sides: Collection[int]) -> None:
    """Cut, or heal where there are no sides, and wait until each sees who is left."""
    cable.cut(*sides)
    for side in sides or (range(len(validators)),):
        for place in side:
            expected = sorted(NAMES[other] for other in side if other != place)
            wait_for(lambda: validators[place].status()["peers"] == expected)  # noqa: B023 - at once


def test_two_and_two_wait_and_go_on_without_a_fork(four: tuple[list[Validator], Cable]) -> None:
    validators, cable = four
    validators[0].receipt(validators[0].send(SigningKey(), 0))
    wait_for(lambda: len({str(each.head()) for each in validators}) == 1)
    before = validators[0].head()
    cut(validators, cable, {0, 1}, {2, 3})
    sent = [validators[place].send(SigningKey(), 0) for place in (0, 2)]
    time.sleep(_CUT_S)
    assert [each.head() for each in validators] == [before] * 4
    cut(validators, cable)
    for digest in sent:
        receipts = [each.receipt(digest) for each in validators]
        assert receipts[0]["status"] == "0x1"
        assert all(receipt == receipts[0] for receipt in receipts)


def test_three_go_on_and_the_fourth_catches_up(four: tuple[list[Validator], Cable]) -> None:
    validators, cable = four
    wait_for(lambda: len({str(each.head()) for each in validators}) == 1)
    before = validators[3].head()
    cut(validators, cable, {0, 1, 2}, {3})
    alone = validators[3].send(SigningKey(), 0)
    together = validators[0].receipt(validators[1].send(SigningKey(), 0))
    assert validators[3].head() == before
    cut(validators, cable)
    assert validators[3].receipt(together["transactionHash"]) == together
    found = validators[0].receipt(alone)
    assert all(each.receipt(alone) == found for each in validators)
    assert int(found["blockNumber"], 16) > int(together["blockNumber"], 16)
