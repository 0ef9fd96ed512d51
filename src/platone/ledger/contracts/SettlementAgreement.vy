# pragma version 0.4.3
# pragma evm-version cancun
"""
@title  Settlement agreements
@license Apache-2.0
@notice Keeps the agreements between aggregators and their customers' wallets, and pays what
        flexibility was delivered. Of a settlement it is told one entry for each agreement: how
        many lines, their root, and what they come to. No line stands on the chain.
@dev    A line is a trade in one quarter-hour. Its net amount, by the rule of UFTP (Shapeshifter),
        is computed off the chain, and again by everyone who may see the line. An entry has
            root = the Merkle root (RFC 6962, SHA-256) of the salted texts of its lines,
            paid = the sum of the lines' positive net amounts,
            owed = the sum of the magnitudes of their negative ones,
            relieved = what corrected lines take back of what was owed,
        all in 1e-12 EUR, so a share in ppm of them is a whole number of 1e-18 tokens (1 token =
        1 EUR): nothing is rounded. The lines of an agreement are numbered without gap, from 1:
        who has the texts of all numbers has all that was ever paid under it, and nothing twice.
        Who asked for the flexibility pays: a call names what each requester is charged for its
        entries, and is refused unless that is paid - owed + relieved. So tokens minted here = what requesters are charged + what aggregators owe, at every moment.
        Market operators are the accounts authorised by the owner. Only they end an agreement, and
        an ended one still settles what was traded before its end: so nobody can escape a penalty,
        or keep a customer from its share, by ending it between trade and settlement.
        All that an entry needs of its agreement, but the aggregator, is packed into one word of
        storage: bits 0-159 the customer's wallet, 160-179 its share, 180-219 the next line's
        number, 220 whether the agreement has ended.
"""

import Authority

initializes: Authority

exports: (
    Authority.owner,
    Authority.candidate,
    Authority.authorised,
    Authority.offer_ownership,
    Authority.accept_ownership,
    Authority.authorise,
    Authority.withdraw_authority,
)


interface Mintable:
    def mint(to: address, amount: uint256): nonpayable


struct Agreement:
    aggregator: address
    customer: address
    customer_share: uint256
    penalty_price: uint256
    created_at: uint256
    ended_at: uint256
    least_delivery: uint256
    full_delivery: uint256


struct Entry:
    agreement: bytes32
    first_line: uint256
    count: uint256
    root: bytes32
    paid: uint256
    owed: uint256
    relieved: uint256
    traded_at: uint256


struct Charge:
    requester: address
    amount: int256


event AgreementMade:
    agreement: indexed(bytes32)
    aggregator: indexed(address)
    customer: indexed(address)
    customer_share: uint256
    penalty_price: uint256
    least_delivery: uint256
    full_delivery: uint256
    made_by: address


event AgreementEnded:
    agreement: indexed(bytes32)
    ended_by: indexed(address)


event AgreementSettled:
    batch: indexed(bytes32)
    agreement: indexed(bytes32)
    root: indexed(bytes32)
    first_line: uint256
    count: uint256
    paid: uint256
    owed: uint256
    relieved: uint256
    customer_tokens: uint256
    aggregator_tokens: uint256


event Charged:
    batch: indexed(bytes32)
    requester: indexed(address)
    amount: int256


# @notice Entries in one call at most.
MAX_ENTRIES: public(constant(uint256)) = 200

# @notice Requesters charged in one call at most.
MAX_CHARGES: public(constant(uint256)) = 200

# @notice Lines in one entry at most: as many as a settlement has.
MAX_LINES: public(constant(uint256)) = 10_000

# @notice A whole, in parts per million.
WHOLE: public(constant(uint256)) = 1_000_000

# @notice 1e-18 tokens in 1e-12 EUR. It is also WHOLE, so that shares come out without rounding.
TOKENS: constant(uint256) = 1_000_000

# @notice Bound of a line's amount, in 1e-12 EUR: what 1e17 micro-kWh come to at a price and a
#         penalty price of 1e12 micro-EUR/kWh each, and more.
MAX_AMOUNT: public(constant(uint256)) = 10**30

# @notice Bound of a penalty price: 1e12 micro-EUR/kWh.
MAX_PRICE: public(constant(uint256)) = 10**12

# @notice The token that pays.
token: public(immutable(address))

SHARE_AT: constant(uint256) = 160
NEXT_AT: constant(uint256) = 180
ENDED_AT: constant(uint256) = 220
SHARE_MASK: constant(uint256) = 2**20 - 1
NEXT_MASK: constant(uint256) = 2**40 - 1
CREATED_AT: constant(uint256) = 40
STOPPED_AT: constant(uint256) = 80
LEAST_AT: constant(uint256) = 120
FULL_AT: constant(uint256) = 140

# An agreement's packed word; 0 if it was never made.
standing: HashMap[bytes32, uint256]

# An agreement's aggregator.
aggregator: HashMap[bytes32, address]

# What settling needs not: bits 0-39 the penalty price, 40-79 when it was made, 80-119 when ended,
# 120-139 the least part of an order that is paid, 140-159 the part from which all of it is.
history: HashMap[bytes32, uint256]

# @notice What a requester was charged, in 1e-18 EUR: what its lines earned, less what they owe.
charged: public(HashMap[address, int256])

# @notice What the aggregator owes from an agreement's negative lines, in 1e-18 EUR.
owed: public(HashMap[bytes32, uint256])


@deploy
def __init__(token_: address):
    """
    @notice The deployer becomes the owner, and settles nothing until it is authorised.
    @param  token_ The token that pays; this contract must be a minter of it.
    """
    Authority.__init__()
    assert token_ != empty(address), "SettlementAgreement: zero address"
    token = token_


@external
def make_agreement(
    id: bytes32,
    aggregator: address,
    customer: address,
    customer_share: uint256,
    penalty_price: uint256,
    least_delivery: uint256,
    full_delivery: uint256,
):
    """
    @notice Makes an agreement, once. The aggregator itself, or a market operator on its behalf.
    @param  id             The agreement's id.
    @param  aggregator     The aggregator's account.
    @param  customer       The wallet of the customer's point of delivery.
    @param  customer_share The customer's share of what is earned, in ppm; the rest is the
                           aggregator's.
    @param  penalty_price  What a missing kWh costs, in micro-EUR/kWh.
    @param  least_delivery The part of an order below which nothing is paid, in ppm. Lines keep to
                           it off the chain; here it is kept, so that nobody can change it.
    @param  full_delivery  The part from which all of an order is paid, in ppm.
    """
    assert msg.sender == aggregator or Authority.authorised[msg.sender], "SettlementAgreement: not a party"
    assert id != empty(bytes32), "SettlementAgreement: empty id"
    assert aggregator != empty(address), "SettlementAgreement: zero address"
    assert customer != empty(address), "SettlementAgreement: zero address"
    assert customer_share <= WHOLE, "SettlementAgreement: more than the whole"
    assert least_delivery <= WHOLE and full_delivery <= WHOLE, "SettlementAgreement: more than the whole"
    assert penalty_price <= MAX_PRICE, "SettlementAgreement: price out of bounds"
    assert self.standing[id] == 0, "SettlementAgreement: made before"
    self.standing[id] = convert(customer, uint256) | (customer_share << SHARE_AT) | (1 << NEXT_AT)
    self.aggregator[id] = aggregator
    self.history[id] = (
        penalty_price
        | (block.timestamp << CREATED_AT)
        | (least_delivery << LEAST_AT)
        | (full_delivery << FULL_AT)
    )
    log AgreementMade(
        agreement=id,
        aggregator=aggregator,
        customer=customer,
        customer_share=customer_share,
        penalty_price=penalty_price,
        least_delivery=least_delivery,
        full_delivery=full_delivery,
        made_by=msg.sender,
    )


@external
def end_agreement(id: bytes32):
    """
    @notice Ends an agreement: it settles what was traded before, and no more. Market operators
            only.
    @param  id The agreement's id.
    """
    Authority._only_authorised()
    assert self.standing[id] != 0, "SettlementAgreement: unknown agreement"
    assert self.standing[id] >> ENDED_AT == 0, "SettlementAgreement: ended before"
    self.standing[id] |= 1 << ENDED_AT
    self.history[id] |= block.timestamp << STOPPED_AT
    log AgreementEnded(agreement=id, ended_by=msg.sender)


@external
def settle(
    batch: bytes32,
    entries: DynArray[Entry, MAX_ENTRIES],
    charges: DynArray[Charge, MAX_CHARGES],
):
    """
    @notice Settles entries: numbers their lines, pays, or records what is owed, and charges those
            who asked. Market operators only. One entry that cannot be settled, or charges that are
            not what the entries come to, revert the whole call.
    @param  batch   The settlement that these entries belong to, by a keyed name.
    @param  entries The entries; each begins with the next line of its agreement, and tells when
                    the last one of its lines was traded, in Unix seconds (0: not told).
    @param  charges What each requester is charged for them, in 1e-12 EUR; negative: it is due.
    """
    Authority._only_authorised()
    due: int256 = 0
    aggregator: address = empty(address)
    earned: uint256 = 0
    for entry: Entry in entries:
        tokens: uint256 = self._settle(batch, entry)
        due += convert(entry.paid + entry.relieved, int256) - convert(entry.owed, int256)
        if tokens != 0:
            # Entries of one aggregator that follow one another are paid to it together.
            following: address = self.aggregator[entry.agreement]
            if following != aggregator:
                self._pay(aggregator, earned)
                aggregator = following
                earned = 0
            earned += tokens
    self._pay(aggregator, earned)
    for charge: Charge in charges:
        assert charge.requester != empty(address), "SettlementAgreement: zero address"
        due -= charge.amount
        amount: int256 = charge.amount * convert(TOKENS, int256)
        self.charged[charge.requester] += amount
        log Charged(batch=batch, requester=charge.requester, amount=amount)
    assert due == 0, "SettlementAgreement: charges do not balance"


@external
@view
def agreements(id: bytes32) -> Agreement:
    """
    @notice An agreement by its id; all zero if it was never made.
    @param  id The agreement's id.
    @return Its parties, terms and times.
    """
    word: uint256 = self.standing[id]
    times: uint256 = self.history[id]
    return Agreement(
        aggregator=self.aggregator[id],
        customer=self._customer(word),
        customer_share=(word >> SHARE_AT) & SHARE_MASK,
        penalty_price=times & NEXT_MASK,
        created_at=(times >> CREATED_AT) & NEXT_MASK,
        ended_at=(times >> STOPPED_AT) & NEXT_MASK,
        least_delivery=(times >> LEAST_AT) & SHARE_MASK,
        full_delivery=times >> FULL_AT,
    )


@external
@view
def next_line(id: bytes32) -> uint256:
    """
    @notice The number of an agreement's next line.
    @param  id The agreement's id.
    @return The number; 0 if the agreement was never made.
    """
    return (self.standing[id] >> NEXT_AT) & NEXT_MASK


@external
@view
def is_active(id: bytes32) -> bool:
    """
    @notice Whether an agreement was made and has not been ended.
    @param  id The agreement's id.
    @return True while it is active.
    """
    return self.standing[id] != 0 and self.standing[id] >> ENDED_AT == 0


@internal
def _settle(batch: bytes32, entry: Entry) -> uint256:
    """
    @notice Settles one entry, and returns what its aggregator is to be paid. Its lines are counted
            before anything is paid.
    """
    word: uint256 = self.standing[entry.agreement]
    next: uint256 = (word >> NEXT_AT) & NEXT_MASK
    assert word != 0, "SettlementAgreement: unknown agreement"
    if word >> ENDED_AT != 0:
        ended_at: uint256 = (self.history[entry.agreement] >> STOPPED_AT) & NEXT_MASK
        assert entry.traded_at != 0 and entry.traded_at < ended_at, "SettlementAgreement: ended before"
    assert entry.first_line == next, "SettlementAgreement: not the next line"
    assert entry.count != 0 and entry.count <= MAX_LINES, "SettlementAgreement: count out of bounds"
    assert entry.root != empty(bytes32), "SettlementAgreement: empty root"
    most: uint256 = entry.count * MAX_AMOUNT
    assert entry.paid <= most and entry.owed <= most, "SettlementAgreement: amount out of bounds"
    assert entry.relieved <= most, "SettlementAgreement: amount out of bounds"
    # No sum of counts comes near the field's 2**40, so it never spills into its neighbour.
    self.standing[entry.agreement] = word + (entry.count << NEXT_AT)

    customer_tokens: uint256 = 0
    aggregator_tokens: uint256 = 0
    if entry.paid != 0:
        tokens: uint256 = entry.paid * TOKENS
        customer_tokens = tokens * ((word >> SHARE_AT) & SHARE_MASK) // WHOLE
        aggregator_tokens = tokens - customer_tokens
        self._pay(self._customer(word), customer_tokens)
    freed: uint256 = 0
    if entry.owed != 0 or entry.relieved != 0:
        # An aggregator is relieved of what it owes; what it no longer owes is paid back to it.
        owing: uint256 = self.owed[entry.agreement] + entry.owed * TOKENS
        relief: uint256 = entry.relieved * TOKENS
        self.owed[entry.agreement] = owing - min(owing, relief)
        freed = relief - min(owing, relief)

    log AgreementSettled(
        batch=batch,
        agreement=entry.agreement,
        root=entry.root,
        first_line=entry.first_line,
        count=entry.count,
        paid=entry.paid,
        owed=entry.owed,
        relieved=entry.relieved,
        customer_tokens=customer_tokens,
        aggregator_tokens=aggregator_tokens,
    )
    return aggregator_tokens + freed


@internal
def _pay(account: address, amount: uint256):
    """
    @notice Mints tokens to an account, if there are any to mint.
    """
    if amount != 0:
        extcall Mintable(token).mint(account, amount)


@internal
@pure
def _customer(word: uint256) -> address:
    """
    @notice The customer's wallet in an agreement's packed word.
    """
    return convert(word & (2**160 - 1), address)
