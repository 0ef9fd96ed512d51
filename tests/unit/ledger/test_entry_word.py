"""The words of an entry, against words that were put together by hand, digit by digit."""

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.domain.entry_word import MOST_AMOUNT, EntryNumbers, Holder

WALLET, ACCOUNT = "0x" + "AA" * 20, "0x" + "bB" * 20
HOLDER = Holder(
    tag=bytes.fromhex("0102030405060708090a0b0c"),
    wallet=WALLET,
    account=ACCOUNT,
    customer_share_ppm=800_000,
)


def bits(width: int, value: int) -> str:
    return f"{value:0{width}b}"


def test_wallet_and_tag_are_one_word() -> None:
    assert f"{HOLDER.word:064x}" == "0102030405060708090a0b0c" + "aa" * 20


def test_an_agreement_is_the_hash_of_its_terms() -> None:
    # 32 bytes of tag and wallet, 800,000 ppm = 0xc3500 in the 12 bytes before the account
    text = "0102030405060708090a0b0c" + "aa" * 20 + "0000000000000000000c3500" + "bb" * 20
    assert HOLDER.agreement == keccak(bytes.fromhex(text))


def test_a_payee_is_the_account_below_the_instant() -> None:
    assert f"{HOLDER.payee(1_624_442_400):064x}" == "000000000000000060d30620" + "bb" * 20
    assert f"{HOLDER.payee(0):064x}" == "0" * 24 + "bb" * 20


@pytest.mark.parametrize(("owed", "relieved", "sign"), [(11, 0, "0"), (0, 13, "1"), (0, 0, "0")])
def test_numbers_stand_in_their_bits(owed: int, relieved: int, sign: str) -> None:
    numbers = EntryNumbers(
        first_line=5,
        count=9_999,
        paid=7,
        owed=owed,
        relieved=relieved,
        customer_share_ppm=800_000,
        payee=199,
    )
    fields = [bits(8, 199), bits(20, 800_000), bits(14, 9_999), bits(40, 5), sign]
    fields += [bits(84, owed or relieved), bits(84, 7)]
    assert bits(251, numbers.word) == "".join(fields)
    assert EntryNumbers.of(numbers.word) == numbers


AMOUNT = st.integers(0, MOST_AMOUNT)


@given(
    st.tuples(AMOUNT, AMOUNT, st.booleans()),
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**14 - 1),
    st.integers(0, 2**20 - 1),
    st.integers(0, 2**8 - 1),
)
def test_what_is_packed_is_read_again(
    amounts: tuple[int, int, bool], first: int, count: int, share: int, payee: int
) -> None:
    paid, debt, is_relief = amounts
    numbers = EntryNumbers(
        first_line=first,
        count=count,
        paid=paid,
        owed=0 if is_relief else debt,
        relieved=debt if is_relief else 0,
        customer_share_ppm=share,
        payee=payee,
    )
    assert EntryNumbers.of(numbers.word) == numbers
    assert numbers.word < 2**251


def test_the_least_amount_is_relieved() -> None:
    """A millionth of a millionth of a euro: bit 84, with bit 168 set."""
    numbers = EntryNumbers(
        first_line=0, count=0, paid=0, owed=0, relieved=1, customer_share_ppm=0, payee=0
    )
    assert numbers.word == 2**84 + 2**168
    assert EntryNumbers.of(numbers.word) == numbers


def test_an_amount_has_eighty_four_bits() -> None:
    assert MOST_AMOUNT == 19_342_813_113_834_066_795_298_815
