"""The market's books: accounts, statements, invoices, payments, and their check with the chain.

Amounts are decimal numbers of EUR as text, exact unless said otherwise; from the account's point of
view: positive is owed to the party, negative is to be paid by it.
"""

from typing import Annotated

import msgspec

from platone.messages.base import Hex, Identifier, Instant, ListPart, Message, PodId

Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
"""A calendar month of the market's zone, as YYYY-MM."""
Amount = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,18})?$")]
"""An amount in EUR, a decimal number as text."""
Role = Annotated[str, msgspec.Meta(pattern="^(requester|aggregator|customer)$")]
"""The role in which a party has an account."""


class BookAccount(Message):
    """An account of the books.

    Attributes:
        role: "requester", "aggregator", "customer" or "bank".
        party_id: Its party.
        pod: The point of delivery of a customer's account.
        balance: What the market owes it.
        entries: How many entries it has.
    """

    role: str
    party_id: Identifier
    pod: PodId | None = None
    balance: str
    entries: int


class BookAccounts(ListPart):
    """Accounts that the caller may see.

    Attributes:
        accounts: The accounts.
        sum: Of all balances of the books, for who sees all; it is 0.
    """

    accounts: list[BookAccount]
    sum: str | None = None


class BookLine(Message):
    """An entry as one of its parties sees it.

    Attributes:
        entry: Its number in the books.
        kind: "line" for a settled line, "payment" for money that was received or paid out.
        reference: The line's identifier, or the payment's.
        amount: What it adds to the party's account.
        month: The month of delivery that it belongs to.
        posted_at: When it was booked.
        requester_id: The DSO or TSO that asked.
        aggregator_id: The aggregator.
        pod: The point of delivery; none after its erasure.
        start_time: Start of the quarter-hour.
        delivered_kwh: Delivered change.
        price: EUR/kWh.
        reactive: Whether it is of reactive energy: then kvarh stands for kWh.
        paid: Payment for the delivered change, before penalty and shares, EUR.
        penalty: Penalty for what was not delivered, EUR.
        customer_share_ppm: The customer's share of what is paid less the penalty, parts per
            million; told to the customer and its aggregator only.
        corrects: The line that this one corrects: its amount is the difference between the two.
        agreement_id: The agreement on the chain.
        number: The line's number in it.
        transaction_hash: The transaction that paid it.
        proof: Address of its proof.
        invoice: The number of the document that bills it, where there is one.
    """

    entry: int
    kind: str
    reference: str
    amount: str
    month: str
    posted_at: Instant
    requester_id: str | None = None
    aggregator_id: str | None = None
    pod: str | None = None
    start_time: Instant | None = None
    delivered_kwh: str | None = None
    price: str | None = None
    reactive: bool = False
    paid: str | None = None
    penalty: str | None = None
    customer_share_ppm: int | None = None
    corrects: str | None = None
    agreement_id: Hex | None = None
    number: int | None = None
    transaction_hash: Hex | None = None
    proof: str | None = None
    invoice: int | None = None


class BilateralNet(Message):
    """The sums between a party and one counterparty, set off against each other.

    Attributes:
        counterparty_id: The counterparty: the aggregator (with its customers) of a requester, the
            requester of all others.
        earned: The sum of what is owed to the party.
        owed: The sum of what it owes.
        net: The one less the other.
    """

    counterparty_id: str
    earned: str
    owed: str
    net: str


class BookStatement(ListPart):
    """The entries of a party in a month, a page of them.

    Attributes:
        role: The role of the party.
        party_id: The party.
        month: The month.
        opening: The balance of all months before.
        traded: The sum of this month's settled lines.
        paid: The sum of this month's payments: money received, less money paid out.
        turnover: The sum of this month's entries: lines and payments.
        closing: The balance with this month.
        line_count: How many entries the month has.
        netting: The sums of the lines by counterparty; their nets come to `traded`. With the first
            page only.
        lines: The entries of this page, by their numbers.
    """

    role: str
    party_id: Identifier
    month: Month
    opening: str
    traded: str
    paid: str
    turnover: str
    closing: str
    line_count: int
    netting: tuple[BilateralNet, ...] = ()
    lines: list[BookLine]


class Invoice(Message):
    """An invoice or credit note; it never changes.

    Attributes:
        number: Its number; the numbers of all documents follow one another.
        kind: "invoice": the party pays; "selfBilling": the market pays; "creditNote": a correction
            in the other direction.
        role: The role of the party.
        party_id: The party.
        month: The month of delivery.
        issued_at: When it was issued.
        corrects: The number of the month's first document, where this one corrects it.
        amount: The exact sum of its lines.
        payable: What is to be paid, in whole cents, positive to the party; what earlier documents
            were rounded by is set right.
        line_count: How many lines it has.
        content_hash: SHA-256 over all of it, by which it can be known again.
        netting: The sums by counterparty; their nets come to the amount.
    """

    number: int
    kind: str
    role: str
    party_id: Identifier
    month: Month
    issued_at: Instant
    corrects: int | None = None
    amount: str
    payable: str
    line_count: int
    content_hash: str
    netting: tuple[BilateralNet, ...] = ()


class Invoices(ListPart):
    """Documents that the caller may see, newest first.

    Attributes:
        invoices: Those in this part of the list.
    """

    invoices: list[Invoice]


class InvoiceWithLines(ListPart):
    """A document with a page of its lines.

    Attributes:
        invoice: The document.
        lines: Its lines of this page, by their entries' numbers.
    """

    invoice: Invoice
    lines: list[BookLine]


class InvoiceOrder(Message):
    """The order to bill a month to all parties: all of it that is not billed yet."""

    month: Month


class MoneyPayment(Message):
    """Money that the market received from a party, or paid out to it.

    Attributes:
        payment_id: Its identifier, booked once; the bank's reference, for instance.
        role: The role of the party.
        party_id: The party.
        amount: EUR; positive: received from the party, negative: paid to it.
    """

    payment_id: Identifier
    role: Role
    party_id: Identifier
    amount: Amount


class BookDifference(Message):
    """A difference between the books and the chain.

    Attributes:
        what: Its subject, in plain words.
        books: What the books say.
        chain: What the chain says.
    """

    what: str
    books: str
    chain: str


class Reconciliation(Message):
    """The books held against the chain.

    Attributes:
        is_reconciled: Whether they agree in everything.
        checked_at: When.
        entries: How many entries were compared.
        settlements: How many settlements.
        difference_count: How many differences there are.
        differences: The first hundred of them.
    """

    is_reconciled: bool
    checked_at: Instant
    entries: int
    settlements: int
    difference_count: int
    differences: list[BookDifference]
