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
            debt = the sum of the magnitudes of their negative ones, less what corrected lines take
                   back of what was owed,
        all in 1e-12 EUR, so a share in ppm of them is a whole number of 1e-18 tokens (1 token =
        1 EUR): nothing is rounded. The lines of an agreement are numbered without gap, from 1:
        who has the texts of all numbers has all that was ever paid under it, and nothing twice.
        Who asked for the flexibility pays: a call names what each requester is charged for its
        entries, and is refused unless that is paid - debt. So tokens minted here = what requesters
        are charged + what aggregators owe, at every moment.
        Market operators are the accounts authorised by the owner. Only they end an agreement, and
        an ended one still settles what was traded before its end: so nobody can escape a penalty,
        or keep a customer from its share, by ending it between trade and settlement.
        An entry reads and writes one word of storage: the agreement's pot, which holds the tokens
        that it earned the customer (PlatoneToken), in bits 200-239 the next line's number, and in
        bit 240 whether the agreement has ended. The agreement's id is the hash of the terms that an
        entry needs, which each call tells again: with other terms there is no such agreement. So
        nothing else of it is read, and since making an agreement fills its pot, a wallet's first
        tokens cost what all others do. An ended agreement's pot is closed: what it still earns goes
        to the customer's balance, and when it ended is read too. What an entry says is packed:
            holder  = bits 0-159 the customer's wallet, 160-255 the agreement's tag
            numbers = bits 0-83 what is paid, 84-167 the magnitude of the debt, 168 whether it is
                      negative, 169-208 the first line's number, 209-222 how many lines,
                      223-242 the customer's share in ppm, 243-250 the place of its payee in the
                      call's list
            payee   = bits 0-159 the aggregator, 160-255 when the last one of the entry's lines was
                      traded, in Unix seconds (0: not told)
"""

from ethereum.ercs import IERC20

import Authority
import PlatoneToken

initializes: Authority
initializes: PlatoneToken

exports: (
    Authority.owner,
    Authority.candidate,
    Authority.authorised,
    Authority.offer_ownership,
    Authority.accept_ownership,
    Authority.authorise,
    Authority.withdraw_authority,
    PlatoneToken.name,
    PlatoneToken.symbol,
    PlatoneToken.decimals,
    PlatoneToken.totalSupply,
    PlatoneToken.balanceOf,
    PlatoneToken.allowance,
    PlatoneToken.transfer,
    PlatoneToken.approve,
    PlatoneToken.transferFrom,
    PlatoneToken.MAX_POTS,
)


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
    holder: uint256
    root: bytes32
    numbers: uint256


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
    numbers: uint256


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

# @notice Bound of an entry's amounts, in 1e-12 EUR: 19 million million EUR, as wide as their fields.
MAX_AMOUNT: public(constant(uint256)) = 2**84 - 1

# @notice Bound of a penalty price: 1e12 micro-EUR/kWh.
MAX_PRICE: public(constant(uint256)) = 10**12

NEXT_AT: constant(uint256) = 200
ENDED_AT: constant(uint256) = 240
TAG_AT: constant(uint256) = 160
TRADED_AT: constant(uint256) = 160
DEBT_AT: constant(uint256) = 84
SIGN_AT: constant(uint256) = 168
FIRST_AT: constant(uint256) = 169
COUNT_AT: constant(uint256) = 209
COUNT_MASK: constant(uint256) = 2**14 - 1
PPM_AT: constant(uint256) = 223
PAYEE_AT: constant(uint256) = 243
NUMBER_MASK: constant(uint256) = 2**40 - 1
SHARE_MASK: constant(uint256) = 2**20 - 1
CREATED_AT: constant(uint256) = 40
STOPPED_AT: constant(uint256) = 80
LEAST_AT: constant(uint256) = 120
FULL_AT: constant(uint256) = 140
SHARE_AT: constant(uint256) = 160

# An agreement's aggregator; none if it was never made.
aggregator: HashMap[bytes32, address]

# The wallet of an agreement's customer.
customer: HashMap[bytes32, address]

# What settling needs not: bits 0-39 the penalty price, 40-79 when it was made, 80-119 when ended,
# 120-139 the least part of an order that is paid, 140-159 the part from which all of it is,
# 160-179 the customer's share.
history: HashMap[bytes32, uint256]

# @notice What a requester was charged, in 1e-18 EUR: what its lines earned, less what they owe.
charged: public(HashMap[address, int256])

# @notice What the aggregator owes from an agreement's negative lines, in 1e-18 EUR.
owed: public(HashMap[bytes32, uint256])


@deploy
def __init__():
    """
    @notice The deployer becomes the owner, and settles nothing until it is authorised.
    """
    Authority.__init__()


@external
def make_agreement(
    tag: uint256,
    aggregator: address,
    customer: address,
    customer_share: uint256,
    penalty_price: uint256,
    least_delivery: uint256,
    full_delivery: uint256,
):
    """
    @notice Makes an agreement, once. The aggregator itself, or a market operator on its behalf.
    @param  tag            96 bits that make the id unlike any other; not 0.
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
    assert tag != 0 and tag < 2**96, "SettlementAgreement: tag out of bounds"
    assert aggregator != empty(address), "SettlementAgreement: zero address"
    assert customer != empty(address), "SettlementAgreement: zero address"
    assert customer_share <= WHOLE, "SettlementAgreement: more than the whole"
    assert least_delivery <= WHOLE and full_delivery <= WHOLE, "SettlementAgreement: more than the whole"
    assert penalty_price <= MAX_PRICE, "SettlementAgreement: price out of bounds"
    id: bytes32 = self._id(convert(customer, uint256) | (tag << TAG_AT), customer_share, aggregator)
    assert self.aggregator[id] == empty(address), "SettlementAgreement: made before"
    self.aggregator[id] = aggregator
    self.customer[id] = customer
    self.history[id] = (
        penalty_price
        | (block.timestamp << CREATED_AT)
        | (least_delivery << LEAST_AT)
        | (full_delivery << FULL_AT)
        | (customer_share << SHARE_AT)
    )
    PlatoneToken._open_pot(customer, id, 1 << NEXT_AT)
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
    assert self.aggregator[id] != empty(address), "SettlementAgreement: unknown agreement"
    assert PlatoneToken.pots[id] >> ENDED_AT == 0, "SettlementAgreement: ended before"
    PlatoneToken._close_pot(self.customer[id], id)
    PlatoneToken.pots[id] |= 1 << ENDED_AT
    self.history[id] |= block.timestamp << STOPPED_AT
    log AgreementEnded(agreement=id, ended_by=msg.sender)


@external
def settle(
    batch: bytes32,
    payees: DynArray[uint256, MAX_ENTRIES],
    entries: DynArray[Entry, MAX_ENTRIES],
    charges: DynArray[Charge, MAX_CHARGES],
):
    """
    @notice Settles entries: numbers their lines, pays, or records what is owed, and charges those
            who asked. Market operators only. One entry that cannot be settled, or charges that are
            not what the entries come to, revert the whole call.
    @param  batch   The settlement that these entries belong to, by a keyed name.
    @param  payees  The aggregators of the entries, each with an instant: when the last one of an
                    entry's lines was traded.
    @param  entries The entries, each with the terms of its agreement; each begins with its next
                    line. Entries of one aggregator that follow one another are paid to it together.
    @param  charges What each requester is charged for them, in 1e-12 EUR; negative: it is due.
    """
    Authority._only_authorised()
    due: int256 = 0
    minted: uint256 = 0
    place: uint256 = max_value(uint256)
    payee: address = empty(address)
    earned: uint256 = 0
    for entry: Entry in entries:
        numbers: uint256 = entry.numbers
        if numbers >> PAYEE_AT != place:
            place = numbers >> PAYEE_AT
            if self._address(payees[place]) != payee:
                self._pay(payee, earned)
                minted += earned
                earned = 0
                payee = self._address(payees[place])
        share: uint256 = (numbers >> PPM_AT) & SHARE_MASK
        agreement: bytes32 = self._id(entry.holder, share, payee)
        word: uint256 = PlatoneToken.pots[agreement]
        count: uint256 = (numbers >> COUNT_AT) & COUNT_MASK
        first: uint256 = (numbers >> FIRST_AT) & NUMBER_MASK
        if first != word >> NEXT_AT or word == 0:
            assert word != 0, "SettlementAgreement: unknown agreement"
            if word >> ENDED_AT != 0:
                traded_at: uint256 = payees[place] >> TRADED_AT
                ended_at: uint256 = (self.history[agreement] >> STOPPED_AT) & NUMBER_MASK
                assert traded_at != 0 and traded_at < ended_at, "SettlementAgreement: ended before"
            assert first == (word >> NEXT_AT) & NUMBER_MASK, "SettlementAgreement: not the next line"
        assert unsafe_sub(count, 1) < MAX_LINES, "SettlementAgreement: count out of bounds"
        assert entry.root != empty(bytes32), "SettlementAgreement: empty root"
        # A share in ppm of 1e-12 EUR is a whole number of 1e-18 tokens. No product or sum of these
        # fields comes near its bound: 2**40 payments of 2**104 tokens fit the 200 bits of a pot.
        paid: uint256 = numbers & MAX_AMOUNT
        tokens: uint256 = unsafe_mul(paid, share)
        if word >> ENDED_AT != 0:
            PlatoneToken.pots[agreement] = unsafe_add(word, count << NEXT_AT)
            self._pay(self._address(entry.holder), tokens)
        else:
            PlatoneToken.pots[agreement] = unsafe_add(word, unsafe_add(count << NEXT_AT, tokens))
            if tokens != 0:
                log IERC20.Transfer(
                    sender=empty(address), receiver=self._address(entry.holder), value=tokens
                )
        minted = unsafe_add(minted, tokens)
        earned = unsafe_add(earned, unsafe_sub(unsafe_mul(paid, TOKENS), tokens))
        due = unsafe_add(due, convert(paid, int256))
        debt: uint256 = (numbers >> DEBT_AT) & MAX_AMOUNT
        if debt != 0:
            if (numbers >> SIGN_AT) & 1 == 0:
                self.owed[agreement] += debt * TOKENS
                due -= convert(debt, int256)
            else:
                earned += self._relieve(agreement, debt * TOKENS)
                due += convert(debt, int256)
        log AgreementSettled(batch=batch, agreement=agreement, root=entry.root, numbers=numbers)
    self._pay(payee, earned)
    PlatoneToken.totalSupply += minted + earned
    charged: int256 = 0
    for charge: Charge in charges:
        assert charge.requester != empty(address), "SettlementAgreement: zero address"
        charged += charge.amount
        amount: int256 = charge.amount * convert(TOKENS, int256)
        self.charged[charge.requester] += amount
        log Charged(batch=batch, requester=charge.requester, amount=amount)
    assert charged == due, "SettlementAgreement: charges do not balance"


@external
@view
def agreements(id: bytes32) -> Agreement:
    """
    @notice An agreement by its id; all zero if it was never made.
    @param  id The agreement's id.
    @return Its parties, terms and times.
    """
    times: uint256 = self.history[id]
    return Agreement(
        aggregator=self.aggregator[id],
        customer=self.customer[id],
        customer_share=times >> SHARE_AT,
        penalty_price=times & NUMBER_MASK,
        created_at=(times >> CREATED_AT) & NUMBER_MASK,
        ended_at=(times >> STOPPED_AT) & NUMBER_MASK,
        least_delivery=(times >> LEAST_AT) & SHARE_MASK,
        full_delivery=(times >> FULL_AT) & SHARE_MASK,
    )


@external
@view
def next_line(id: bytes32) -> uint256:
    """
    @notice The number of an agreement's next line.
    @param  id The agreement's id.
    @return The number; 0 if the agreement was never made.
    """
    return (PlatoneToken.pots[id] >> NEXT_AT) & NUMBER_MASK


@external
@view
def is_active(id: bytes32) -> bool:
    """
    @notice Whether an agreement was made and has not been ended.
    @param  id The agreement's id.
    @return True while it is active.
    """
    word: uint256 = PlatoneToken.pots[id]
    return word != 0 and word >> ENDED_AT == 0


@internal
def _relieve(agreement: bytes32, relief: uint256) -> uint256:
    """
    @notice Takes off what an aggregator owes.
    @return What it owed no longer, and has to be paid back, in 1e-18 token.
    """
    owing: uint256 = self.owed[agreement]
    self.owed[agreement] = owing - min(owing, relief)
    return relief - min(owing, relief)


@internal
def _pay(account: address, amount: uint256):
    """
    @notice Creates tokens of an account, if there are any to create.
    """
    if amount != 0:
        PlatoneToken._mint(account, amount)


@internal
@pure
def _id(holder: uint256, share: uint256, aggregator: address) -> bytes32:
    """
    @notice An agreement's id: the hash of its customer's wallet and its tag, of the customer's
            share, and of its aggregator.
    """
    return keccak256(abi_encode(holder, convert(aggregator, uint256) | (share << TAG_AT)))


@internal
@pure
def _address(word: uint256) -> address:
    """
    @notice The account in the low 160 bits of a word.
    """
    return convert(word & (2**160 - 1), address)
