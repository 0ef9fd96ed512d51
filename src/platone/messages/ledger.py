"""Certification, wallets, agreements, payments and the device register (D2.4 2.2.2, 2.3)."""

from enum import Enum
from typing import Annotated

import msgspec

from platone.messages.base import (
    Address,
    Hash,
    Hex,
    Identifier,
    Instant,
    ListPart,
    Message,
    PodId,
    Submission,
)
from platone.messages.registry import PointOfDelivery

MicroKwh = Annotated[int, msgspec.Meta(ge=-(10**17), le=10**17)]
"""Energy in millionths of a kWh, load convention."""

MicroEurPerKwh = Annotated[int, msgspec.Meta(ge=-(10**12), le=10**12)]
"""A price in millionths of a euro per kWh."""

Ppm = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
"""A part of a whole, in parts per million."""


class CertificationRecord(Message):
    """A text to certify.

    Attributes:
        id: Its identifier, chosen by the sender; it is the sender's, and others may have their own
            record of the same name.
        kind: "reading", "flexibilityService", "marketOutcome", "technicalOutcome",
            "validatedOutcome", "settlement" or "settlementLine".
        content: The exact text.
        salt: 32 random bytes that keep the leaf from being guessed.
    """

    id: Identifier
    kind: Annotated[str, msgspec.Meta(pattern="^[a-zA-Z]{1,40}$")]
    content: Annotated[str, msgspec.Meta(max_length=8_000_000)]
    salt: Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{64}$")]


class CertificationBatch(Message):
    """Records that are anchored together by one transaction."""

    records: Annotated[list[CertificationRecord], msgspec.Meta(min_length=1, max_length=10_000)]


class Certification(Message):
    """A certified record: Certification, D2.4 table 1.

    Attributes:
        id: The record's identifier.
        kind: What it is.
        hashed_data: The record's Merkle leaf.
        owner: The party that had it certified.
        created_at: When it was received.
        transaction_hash: The anchoring transaction; none while it is pending.
        status: "PENDING" or "CONFIRMED".
        content: The certified text; none after erasure.
    """

    id: Identifier
    kind: str
    hashed_data: Hash
    owner: Identifier
    created_at: Instant
    transaction_hash: Hex | None = None
    status: str
    content: str | None = None


class Certifications(Message):
    """Certified records, in the order of their tree."""

    certifications: list[Certification]


class CertificationState(Message):
    """The state of a record's certification.

    Attributes:
        id: The record's identifier.
        owner: The party that had it certified.
        status: "PENDING" until its root is on the chain, then "CONFIRMED".
        hashed_data: The record's Merkle leaf.
        block_number: The number of the block in which its root stands; none while it is pending.
        block_time: When that block was sealed, likewise.
    """

    id: Identifier
    owner: Identifier
    status: str
    hashed_data: Hash
    block_number: int | None = None
    block_time: Instant | None = None


class CertificationStates(Message):
    """The states of records that the caller may see; of all others nothing is told."""

    states: list[CertificationState]


class CertifiedBatch(Message):
    """The answer to a batch of records: a result for each, in their order.

    Attributes:
        certifications: The records that are certified, now or before, in their order.
        results: `accepted`, `alreadySubmitted`, or `refused` with the problem; a refused record
            harms no other.
    """

    certifications: list[Certification]
    results: list[Submission]


class Wallet(Message):
    """A PoD's account of tokens: Wallet, D2.4 table 2.

    Attributes:
        id_wallet: Its address.
        pod: The PoD that it belongs to.
        balance: Tokens, a decimal number as text, read from the chain.
    """

    id_wallet: Address
    pod: PodId
    balance: str


class WalletOpening(Message):
    """A request to open a PoD's wallet, at the customer's own address or at a custodial one.

    Attributes:
        address: The customer's own address; without it the ledger keeps the key.
        aggregator_id: The aggregator that the PoD is registered to.
        customer_id: The party that is supplied there, where it has an account.
    """

    address: Address | None = None
    aggregator_id: Identifier
    customer_id: Identifier | None = None

    @classmethod
    def of(cls, pod: PointOfDelivery) -> "WalletOpening":
        """Return the opening of a PoD's wallet, as its registration has it."""
        return cls(address=pod.wallet, aggregator_id=pod.aggregator_id, customer_id=pod.customer_id)


class AgreementTerms(Message):
    """The terms of settlement between an aggregator and a PoD's customer.

    Attributes:
        pod: The PoD.
        aggregator_id: The aggregator.
        customer_share_ppm: The customer's part of a payment, parts per million.
        penalty_price: Penalty for energy not delivered, millionths of EUR/kWh.
        least_delivery_ppm: Part of what was ordered below which nothing is paid, parts per million.
        full_delivery_ppm: Part from which all that was ordered is paid; between the two the payment
            slides. Not above the least part: what is delivered is paid by the unit.
    """

    pod: PodId
    aggregator_id: Identifier
    customer_share_ppm: Ppm
    penalty_price: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    least_delivery_ppm: Ppm = 0
    full_delivery_ppm: Ppm = 0


class Agreement(AgreementTerms):
    """An agreement as it stands on the ledger.

    Attributes:
        agreement_id: Its identifier on the contract.
        wallet: The customer's wallet.
        address: The contract (SmartContract model, D2.4 table 4).
        owner: The aggregator's account.
        active: Whether it stands.
        since: From when on what is traded counts under it.
        transaction_hash: The transaction that made it.
        ended_at: When it was ended; what was traded before still counts under it.
    """

    agreement_id: str
    wallet: Address
    address: Address
    owner: Address
    active: bool
    since: Instant
    transaction_hash: Hex
    ended_at: Instant | None = None


class Agreements(ListPart):
    """Agreements that the caller may see.

    Attributes:
        agreements: Those in this part of the list.
    """

    agreements: list[Agreement]


class ProposalState(Enum):
    """The states of proposed terms."""

    OPEN = "open"
    """The customer has not answered."""
    ACCEPTED = "accepted"
    """The customer agreed: they are the agreement's terms."""
    REFUSED = "refused"
    """The customer did not agree."""
    WITHDRAWN = "withdrawn"
    """The aggregator took them back, or proposed others."""


class AgreementProposal(AgreementTerms):
    """Terms of an agreement that an aggregator proposes to a point of delivery's customer.

    Attributes:
        number: Its number.
        state: What has become of it.
        proposed_at: When it was proposed.
        agreement_id: The agreement that was made of it; none until then.
    """

    number: int
    state: ProposalState
    proposed_at: Instant
    agreement_id: str | None = None


class AgreementProposals(ListPart):
    """Proposals that concern the caller, the newest first.

    Attributes:
        proposals: Those in this part of the list.
    """

    proposals: list[AgreementProposal]


class SettlementLine(Message):
    """One trade to be paid, in exact integers, with the readings that it is measured by.

    Attributes:
        line_id: Its identifier; a line is paid once.
        pod: The PoD.
        aggregator_id: The aggregator.
        baseline: Baseline energy, millionths of kWh.
        ordered: Ordered change from the baseline, millionths of kWh; negative: less.
        measured: Measured energy, millionths of kWh.
        price: Price of the trade, millionths of EUR/kWh.
        start_time: Start of the quarter-hour.
        duration_minutes: Length of the interval.
        readings: The certified records whose readings fill the interval and add up to what was
            measured; a line is not paid unless they do.
        requester_id: The DSO or TSO that asked, and pays; without it the market operator does.
        corrects: The line that this one is the next version of: the difference is settled.
        interpolated: Whether nothing is measured there, and it lies between the quarter-hours
            before and after, which the readings fill.
        traded_at: When the gate of its session closed: the agreement in force then counts. Without
            it the one that stands does.
        reactive: Whether it is of reactive energy: then kvarh stands for kWh, also in the
            agreement's penalty price.
    """

    line_id: Identifier
    pod: PodId
    aggregator_id: Identifier
    baseline: MicroKwh
    ordered: MicroKwh
    measured: MicroKwh
    price: MicroEurPerKwh
    start_time: Instant | None = None
    duration_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)] = 15
    readings: Annotated[tuple[Identifier, ...], msgspec.Meta(max_length=60)] = ()
    requester_id: Identifier | None = None
    corrects: Identifier | None = None
    interpolated: bool = False
    traded_at: Instant | None = None
    reactive: bool = False


class SettlementOrder(Message):
    """Lines of one settlement to be paid under the agreements on the ledger.

    Attributes:
        settlement_id: The settlement's identifier.
        lines: The trades to be paid.
    """

    settlement_id: Identifier
    lines: Annotated[list[SettlementLine], msgspec.Meta(min_length=1, max_length=10_000)]


class PaidLine(Message):
    """The payment of a line by the agreement contract; amounts in 1e-18 token.

    Of a line that corrects another, tokens, owed and relieved are those of the difference.

    Attributes:
        line_id: The line.
        delivered: Delivered change, millionths of kWh, magnitude.
        paid: For delivered energy.
        penalty: For energy not delivered.
        customer_tokens: To the PoD's wallet.
        aggregator_tokens: To the aggregator's account.
        owed: By the aggregator, where the penalty passes the payment, or too much was paid before.
        relieved: Owed by the aggregator before, and no more.
        problem: Why this line was not paid; all amounts are then 0.
        agreement_id: The agreement on the contract that it was paid under.
        customer_share_ppm: That agreement's share of the customer.
        penalty_price: The penalty of that agreement, millionths of EUR/kWh.
        least_delivery_ppm: Its part below which nothing was paid.
        full_delivery_ppm: Its part from which all was paid.
    """

    line_id: Identifier
    delivered: int = 0
    paid: int = 0
    penalty: int = 0
    customer_tokens: int = 0
    aggregator_tokens: int = 0
    owed: int = 0
    relieved: int = 0
    problem: str | None = None
    customer_share_ppm: int | None = None
    penalty_price: int | None = None
    least_delivery_ppm: int = 0
    full_delivery_ppm: int = 0
    agreement_id: Hex | None = None


class SettlementReceipt(Message):
    """The payment of a settlement.

    Attributes:
        settlement_id: The settlement's identifier.
        transaction_hashes: The transactions that paid it.
        lines: What was paid for each trade.
    """

    settlement_id: Identifier
    transaction_hashes: list[Hex]
    lines: list[PaidLine]


class StatedLine(Message):
    """A paid line with its number among those of its agreement.

    Attributes:
        number: Its number, from 1 and without gap; the chain's entries count the same.
        settlement_id: The settlement that paid it.
        transaction_hash: The transaction on the chain.
        line: The line, as the market operator ordered it.
        payment: Its part of what was paid.
    """

    number: int
    settlement_id: Identifier
    transaction_hash: Hex
    line: SettlementLine
    payment: PaidLine


class AgreementStatement(ListPart):
    """The paid lines of an agreement, in the order of their numbers; a page of them.

    Attributes:
        agreement_id: The agreement's identifier on the contract.
        lines: Its lines of this page.
    """

    agreement_id: Hex
    lines: list[StatedLine]


class NodeRegistration(Message):
    """A Light Node's key, for the register on the chain."""

    device: Address


class RegisteredNode(Message):
    """A Light Node as the chain's register has it; status registered, revoked or unknown.

    Attributes:
        device: The node's address.
        status: "registered", "revoked" or "unknown".
        registered_at: When it was admitted.
        transaction_hash: The transaction of its last change.
    """

    device: Address
    status: str
    registered_at: Instant | None = None
    transaction_hash: Hex | None = None
