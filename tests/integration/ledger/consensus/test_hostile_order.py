"""Transactions that no honest member would propose: refused by all, and no validator stops."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.ledger.consensus.test_validator_checkpoint import (  # noqa: F401 - a fixture
    CHAIN_ID,
    SENDER,
    founding,
)

from platone.ledger.adapters.consensus.abci import Proposal
from platone.ledger.adapters.consensus.application import Application
from platone.ledger.adapters.consensus.member_keys import MemberVoucher, validator_secret
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.transaction import Transaction

LONGEST_CREATION = 49_152
"""Bytes of the code that creates a contract, at most (EIP-3860)."""


@pytest.fixture
def application(tmp_path: Path, founding: Consortium) -> Iterator[Application]:  # noqa: F811
    voucher = MemberVoucher(validator_secret(tmp_path))
    with contextlib.closing(ValidatorStore(tmp_path / "chain.db")) as store:
        yield Application(store, founding, voucher)


def signed(**changed: Any) -> bytes:
    values: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "nonce": 0,
        "gas": 2_000_000,
        "to": b"\x07" * 20,
        "data": b"",
    }
    return Transaction(**(values | changed)).sign(SENDER).encode()


@pytest.mark.parametrize(
    "changed",
    [
        {"to": b"", "data": bytes(LONGEST_CREATION + 1)},
        {"to": b"", "data": b"", "gas": 52_999},
        {"gas": 0},
        {"gas": 2**64},
        {"gas": 2**256},
        {"nonce": 2**64},
        {"nonce": 2**256},
        {"fee": 2**256},
        {"fee": 1},
        {"tip": 1},
        {"value": 1},
        {"value": 2**256},
        {"to": b"\x07" * 19},
        {"to": b"\x07" * 21},
        {"chain_id": 1},
        {"chain_id": 2**256},
    ],
    ids=repr,
)
def test_it_is_refused_and_the_next_one_executed(
    application: Application, changed: dict[str, Any]
) -> None:
    hostile, good = signed(**changed), signed()
    assert application.check(hostile, again=False).code != 0
    executed, _, _ = application.execute(Proposal(1, 1_800_000_000, (hostile, good)))
    assert [result.code == 0 for result in executed.results] == [False, True]
    application.commit()


def test_the_longest_creation_is_taken(application: Application) -> None:
    creation = signed(to=b"", data=bytes(LONGEST_CREATION))
    assert application.check(creation, again=False).code == 0
    executed, _, _ = application.execute(Proposal(1, 1_800_000_000, (creation,)))
    assert executed.results[0].code == 0
