"""The words that the agreement contract packs an entry into, and an agreement's id.

    numbers = bits 0-83 what is paid, 84-167 what is owed or, where bit 168 is set, relieved,
              169-208 the first line's number, 209-222 how many lines, 223-242 the customer's share
              in ppm, 243-250 the place of the payee in the call's list
    payee   = bits 0-159 the aggregator, 160-255 when the last one of the lines was traded, in Unix
              seconds (0: not told)

So an entry says either what is owed or what is relieved: lines of both kinds are two entries.
"""

from dataclasses import dataclass

from eth_hash.auto import keccak

MOST_AMOUNT = 2**84 - 1
"""Most that an entry pays, and that it owes or relieves, 1e-12 EUR: the width of a field. It is
19 million million EUR; a line comes to less, or the books do not take it."""
TAG_BYTES = 12
"""Bytes of an agreement's tag: what an address leaves of a word of 32."""
_FIRST_BITS, _COUNT_BITS, _SHARE_BITS, _PAYEE_BITS = 40, 14, 20, 8
"""Bits of a line's number (a million million), of how many lines (16,383; the contract takes
10,000), of a share (a million ppm), and of an aggregator's place (a call has 200)."""
_DEBT_AT, _SIGN_AT, _FIRST_AT = 84, 168, 169
"""Where what is owed, its sign and the first line's number begin: after two amounts of 84 bits."""
_COUNT_AT = _FIRST_AT + _FIRST_BITS
_SHARE_AT = _COUNT_AT + _COUNT_BITS
_PAYEE_AT = _SHARE_AT + _SHARE_BITS
_ADDRESS_BYTES = 20
"""Bytes of an account's address."""
_TRADED_AT = _ADDRESS_BYTES * 8
"""Where the instant of the trade begins in a payee's word: after the account."""
_WORD_BYTES = 32
"""Bytes of a word of the contract's ABI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The terms of an agreement that each entry tells the contract again.

    Attributes:
        tag: 12 bytes that make the agreement's id unlike any other.
        wallet: The customer's wallet.
        account: The aggregator's account.
        customer_share_ppm: The customer's share, parts per million.
    """

    tag: bytes
    wallet: str
    account: str
    customer_share_ppm: int

    @property
    def word(self) -> int:
        """The word of wallet and tag."""
        return int.from_bytes(self.tag + _address(self.wallet))

    def payee(self, traded_at_s: int) -> int:
        """Return the word of the aggregator's account, and of when what it sold was traded."""
        return traded_at_s << _TRADED_AT | int.from_bytes(_address(self.account))

    @property
    def agreement(self) -> bytes:
        """The agreement's id, 32 bytes: the hash of all of these."""
        share = self.customer_share_ppm.to_bytes(_WORD_BYTES - _ADDRESS_BYTES)
        return keccak(self.word.to_bytes(_WORD_BYTES) + share + _address(self.account))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryNumbers:
    """The numbers of an entry; amounts in 1e-12 EUR.

    Attributes:
        first_line: The number of the first line within the agreement.
        count: How many lines.
        paid: The sum of what is paid.
        owed: The sum of what is owed.
        relieved: What corrected lines take back of what was owed; none beside what is owed.
        customer_share_ppm: The customer's share, parts per million.
        payee: The place of the aggregator's account, with the instant of the trade, in the call's
            list.
    """

    first_line: int
    count: int
    paid: int
    owed: int
    relieved: int
    customer_share_ppm: int
    payee: int

    @property
    def word(self) -> int:
        """The word of all of these."""
        return (
            self.paid
            | (self.owed or self.relieved) << _DEBT_AT
            | (self.relieved > 0) << _SIGN_AT
            | self.first_line << _FIRST_AT
            | self.count << _COUNT_AT
            | self.customer_share_ppm << _SHARE_AT
            | self.payee << _PAYEE_AT
        )

    @classmethod
    def of(cls, word: int) -> "EntryNumbers":
        """Return the numbers in a word."""
        debt = (word >> _DEBT_AT) & MOST_AMOUNT
        is_relief = bool(word >> _SIGN_AT & 1)
        return cls(
            first_line=word >> _FIRST_AT & (2**_FIRST_BITS - 1),
            count=word >> _COUNT_AT & (2**_COUNT_BITS - 1),
            paid=word & MOST_AMOUNT,
            owed=0 if is_relief else debt,
            relieved=debt if is_relief else 0,
            customer_share_ppm=word >> _SHARE_AT & (2**_SHARE_BITS - 1),
            payee=word >> _PAYEE_AT & (2**_PAYEE_BITS - 1),
        )


def _address(account: str) -> bytes:
    return bytes.fromhex(account[2:])
