"""Accounts and statements as their parties see them, and money that is received or paid out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from platone.infra.db import Database
from platone.infra.listing import Listed, Part, each_of
from platone.kernel.canonical import content_hash
from platone.kernel.decimal_text import decimal_text
from platone.kernel.errors import DuplicateIdentifier
from platone.ledger.domain.books import AccountName, AccountRole
from platone.ledger.domain.problem import AccountUnknown
from platone.ledger.domain.proof import tohex
from platone.ledger.domain.proof_text import TOKEN_DECIMALS
from platone.ledger.records.books import BookRecords, PartyLine
from platone.ledger.records.journal import Journal
from platone.ledger.records.leg import Party
from platone.ledger.records.netting import PairSum
from platone.messages.books import (
    BilateralNet,
    BookAccount,
    BookAccounts,
    BookLine,
    BookStatement,
    MoneyPayment,
)

LINES_AT_ONCE = 1000
"""Entries in one page, about 700 kB."""
_BEGINNING = frozenset({"", "0"})
"""The places before all entries, which are numbered from 1."""
_SHARING = frozenset({AccountRole.AGGREGATOR.value, AccountRole.CUSTOMER.value})
"""The roles of those who share what is paid, and know by which agreement."""
_MICRO_DECIMALS = 6
"""Decimals of energies and prices, which are kept in millionths."""
_PROOF = "/api/certification/proof/"


def euro(amount: int) -> str:
    """Return an amount of the books as a decimal number of EUR, exactly."""
    return decimal_text(amount, TOKEN_DECIMALS)


def atto(text: str) -> int:
    """Return a decimal number of EUR, of at most 18 decimals, in 1e-18 EUR."""
    whole, _, part = text.removeprefix("-").partition(".")
    amount = int(whole + part.ljust(TOKEN_DECIMALS, "0"))
    return -amount if text.startswith("-") else amount


def book_line(seen: PartyLine, role: str) -> BookLine:
    """Return an entry as it is told to its party.

    Args:
        seen: The entry.
        role: The role of the party: who asked is not told how the others share.
    """
    line, paid = seen.line, seen.paid
    told = BookLine(
        entry=seen.entry,
        kind=seen.kind,
        reference=seen.reference,
        amount=euro(seen.amount),
        month=seen.month,
        posted_at=seen.posted_at,
        requester_id=seen.requester,
        aggregator_id=seen.aggregator,
        agreement_id=None if seen.agreement is None else tohex(seen.agreement),
        number=seen.number,
        transaction_hash=None if seen.transaction is None else tohex(seen.transaction),
        invoice=seen.invoice,
    )
    if line is None or paid is None:
        return told
    return msgspec.structs.replace(
        told,
        pod=line.pod,
        start_time=line.start_time,
        delivered_kwh=decimal_text(paid.delivered, _MICRO_DECIMALS),
        price=decimal_text(line.price, _MICRO_DECIMALS),
        reactive=line.reactive,
        paid=euro(paid.paid),
        penalty=euro(paid.penalty),
        customer_share_ppm=paid.customer_share_ppm if role in _SHARING else None,
        corrects=line.corrects,
        proof=_PROOF + seen.reference,
    )


def bilateral_net(pair: PairSum) -> BilateralNet:
    """Return the sums between two parties as they are told."""
    return BilateralNet(
        counterparty_id=pair.counterparty,
        earned=euro(pair.earned),
        owed=euro(pair.owed),
        net=euro(pair.earned - pair.owed),
    )


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """A statement as it stood at one moment, whose entries are yet to be read.

    Attributes:
        head: The statement without entries.
        party: Whose it is.
        last_entry: The number of the last entry that it counts.
    """

    head: BookStatement
    party: Party
    last_entry: int


class ReadBooks:
    """The books, from the side of those who may see them.

    Args:
        records: The books.
    """

    def __init__(self, records: BookRecords) -> None:
        self._records = records

    async def accounts(self, party: str | None, part: Part) -> BookAccounts:
        """Return accounts of a party, or of all, then with the sum of all."""
        found = await self._records.balances(party, part)
        shown = [
            BookAccount(
                role=each.account.role.value,
                party_id=each.account.party,
                pod=each.account.pod or None,
                balance=euro(each.amount),
                entries=each.entries,
            )
            for each in found.items
        ]
        total = euro(await self._records.total()) if party is None else None
        return BookAccounts(accounts=shown, sum=total, next=found.next)

    async def statement(
        self, party: str, role: str | None, month: str, part: Part
    ) -> BookStatement:
        """Return a part of a party's entries of a month; netting with the first part.

        Raises:
            AccountUnknown: It has no account, or several and none is named.
        """
        opened = await self.open_statement(party, role, month)
        netting = opened.head.netting if part.after in _BEGINNING else ()
        found = await self._part(opened, part)
        lines = found.of(partial(book_line, role=opened.party.role)).items
        return msgspec.structs.replace(opened.head, netting=netting, lines=lines, next=found.next)

    async def open_statement(self, party: str, role: str | None, month: str) -> OpenStatement:
        """Return a party's statement of a month; what is booked from now on is not in it.

        Raises:
            AccountUnknown: It has no account, or several and none is named.
        """
        chosen = await self.party(party, role)
        sums = await self._records.turnover(chosen, month)
        pairs = await self._records.netting_of_month(chosen, month, sums.last_entry)
        head = BookStatement(
            role=chosen.role,
            party_id=chosen.name,
            month=month,
            opening=euro(sums.opening),
            traded=euro(sums.traded),
            paid=euro(sums.paid),
            turnover=euro(sums.traded + sums.paid),
            closing=euro(sums.opening + sums.traded + sums.paid),
            line_count=sums.entries,
            netting=tuple(bilateral_net(each) for each in pairs),
            lines=[],
        )
        return OpenStatement(head, chosen, sums.last_entry)

    async def lines(self, opened: OpenStatement) -> AsyncIterator[BookLine]:
        """Yield all entries of a statement."""
        async for each in each_of(partial(self._part, opened), LINES_AT_ONCE):
            yield book_line(each, opened.party.role)

    async def _part(self, opened: OpenStatement, part: Part) -> Listed[PartyLine]:
        return await self._records.lines_of_month(
            opened.party, opened.head.month, opened.last_entry, part
        )

    async def party(self, name: str, role: str | None) -> Party:
        """Return a party in a role; without one, in its only one.

        Raises:
            AccountUnknown: It has no account, or several and none is named.
        """
        found: Sequence[Party] = await self._records.parties(name)
        chosen = [each for each in found if role in {None, each.role}]
        if len(chosen) != 1:
            roles = ", ".join(each.role for each in found) or "none"
            raise AccountUnknown(
                f"{name} has no one account in the books that this means; it has: {roles}.",
                partyId=name,
            )
        return chosen[0]


class BookPayments:
    """Booking of money that was received or paid out, each payment once.

    Args:
        database: The ledger's database.
        journal: Makes the entries.
        records: The books.
    """

    def __init__(self, database: Database, journal: Journal, records: BookRecords) -> None:
        self._database, self._journal, self._records = database, journal, records

    async def __call__(self, payment: MoneyPayment) -> tuple[BookLine, bool]:
        """Book a payment; return its entry, and whether it is new.

        Raises:
            AccountUnknown: The party has no account in this role.
            DuplicateIdentifier: The identifier was used before with other content.
        """
        parties = await self._records.parties(payment.party_id)
        if Party(payment.role, payment.party_id) not in parties:
            raise AccountUnknown(
                f"{payment.party_id} has no account as {payment.role}.", partyId=payment.party_id
            )
        account = AccountName(AccountRole(payment.role), payment.party_id)
        amount = atto(payment.amount)
        known = await self._records.payment(payment.payment_id)
        if known is None:
            async with self._database.transaction() as connection:
                await self._journal.book_payment(connection, payment.payment_id, account, amount)
        booked = await self._records.payment(payment.payment_id)
        if booked is None or (booked.account, booked.amount) != (account, amount):
            raise DuplicateIdentifier(
                f"Payment {payment.payment_id} was booked otherwise.",
                paymentId=payment.payment_id,
                contentHash=content_hash(payment),
            )
        shown = BookLine(
            entry=booked.entry,
            kind="payment",
            reference=payment.payment_id,
            amount=euro(amount),
            month=booked.month,
            posted_at=booked.posted_at,
        )
        return shown, known is None
