"""A validator's file: its own key vouches for what it has verified, so that opening stays quick."""

import contextlib
import json
import sqlite3
from pathlib import Path

import msgspec
import pytest

from platone.kernel.signature import SigningKey
from platone.ledger.adapters.consensus.abci import Proposal
from platone.ledger.adapters.consensus.application import Application
from platone.ledger.adapters.consensus.member_keys import (
    MemberVoucher,
    make_keys,
    validator_secret,
)
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.problem import BlockTampered
from platone.ledger.domain.transaction import Transaction

CHAIN_ID = 864300
SENDER = SigningKey(b"\x02" * 32)
EVERY = 5


class CountingVoucher(MemberVoucher):
    """A member's key that tells how often it was asked to vouch."""

    sealed = 0

    def seal(self, digest: bytes) -> bytes:
        self.sealed += 1
        return super().seal(digest)


@pytest.fixture
def founding(tmp_path: Path) -> Consortium:
    member = make_keys(tmp_path, "dso", "dso.example:26656")
    told = {
        "name": "pilot",
        "chainId": CHAIN_ID,
        "foundedAt": "2026-12-02T00:00:00Z",
        "founders": [msgspec.to_builtins(member)],
    }
    return Consortium.decode(json.dumps(told).encode())


def ordered(application: Application, nonce: int) -> None:
    body = Transaction(
        chain_id=CHAIN_ID, nonce=nonce, gas=30_000, to=b"\x07" * 20, data=bytes([nonce])
    )
    seconds = 1_800_000_000 + nonce
    executed, _, _ = application.execute(
        Proposal(application.height + 1, seconds, (body.sign(SENDER).encode(),))
    )
    assert executed.results[0].code == 0
    application.commit()


def alter(file: Path, number: int) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        change = "UPDATE block SET header = CAST(x'00' || header AS BLOB) WHERE number = ?"
        assert connection.execute(change, (number,)).rowcount == 1


@pytest.mark.parametrize("altered", [3, 6, 10, 12])
def test_what_a_validator_verified_is_not_verified_again(
    tmp_path: Path, founding: Consortium, altered: int
) -> None:
    file, voucher = tmp_path / "chain.db", CountingVoucher(validator_secret(tmp_path))
    with contextlib.closing(ValidatorStore(file)) as store:
        application = Application(store, founding, voucher, EVERY)
        for nonce in range(13):
            ordered(application, nonce)
        assert (store.checkpoint() or (0,))[0] == 5
    assert voucher.sealed == 1
    alter(file, altered)
    with contextlib.closing(ValidatorStore(file)) as store:
        if altered < EVERY:
            assert Application(store, founding, voucher, EVERY).height == 13
        else:
            with pytest.raises(BlockTampered, match=f"Block {altered}"):
                Application(store, founding, voucher, EVERY)


def test_a_checkpoint_of_another_key_vouches_for_nothing(
    tmp_path: Path, founding: Consortium
) -> None:
    file, other = tmp_path / "chain.db", MemberVoucher(b"\x09" * 32)
    with contextlib.closing(ValidatorStore(file)) as store:
        application = Application(store, founding, other, EVERY)
        for nonce in range(13):
            ordered(application, nonce)
    alter(file, 3)
    with (
        contextlib.closing(ValidatorStore(file)) as store,
        pytest.raises(BlockTampered, match="Block 3"),
    ):
        Application(store, founding, MemberVoucher(validator_secret(tmp_path)), EVERY)
