"""An agreement has the id that the contract gives it, of its own terms."""

from dataclasses import replace
from datetime import UTC, datetime

from eth_hash.auto import keccak

from platone.ledger.domain.agreement import KnownAgreement
from platone.messages.ledger import AgreementTerms

MADE = KnownAgreement(
    tag=bytes.fromhex("0102030405060708090a0b0c"),
    terms=AgreementTerms(pod="IT001", aggregator_id="ACEAE", customer_share_ppm=800_000),
    wallet="0x" + "aa" * 20,
    account="0x" + "bb" * 20,
    since=datetime(2021, 6, 1, tzinfo=UTC),
)


def test_its_id_is_the_hash_of_tag_wallet_share_and_account() -> None:
    text = "0102030405060708090a0b0c" + "aa" * 20 + "0000000000000000000c3500" + "bb" * 20
    assert MADE.id == keccak(bytes.fromhex(text))
    assert MADE.holder.agreement == MADE.id
    moved = replace(MADE, wallet="0x" + "ac" * 20)
    assert moved.id == keccak(bytes.fromhex(text.replace("aa" * 20, "ac" * 20)))


def test_it_has_ended_once_it_says_when() -> None:
    assert not MADE.has_ended
    assert replace(MADE, ended_at=datetime(2021, 6, 2, tzinfo=UTC)).has_ended
