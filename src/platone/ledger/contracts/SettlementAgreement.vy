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
        both in 1e-12 EUR, so a share in ppm of them is a whole number of 1e-18 tokens (1 token =
        1 EUR): nothing is rounded. The lines of an agreement are numbered without gap, from 1:
        who has the texts of all numbers has all that was ever paid under it, and nothing twice.
        Market operators are the accounts authorised by the owner. Only they end an agreement, so
        that an aggregator cannot escape a penalty by ending it before the settlement.
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


struct Entry:
    agreement: bytes32
    first_line: uint256
    count: uint256
    root: bytes32
    paid: uint256
    owed: uint256


event AgreementMade:
    agreement: indexed(bytes32)
    aggregator: indexed(address)
    customer: indexed(address)
    customer_share: uint256
    penalty_price: uint256
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
    customer_tokens: uint256
    aggregator_tokens: uint256


# @notice Entries in one call at most.
MAX_ENTRIES: public(constant(uint256)) = 200

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

# @notice An agreement by its id.
agreements: public(HashMap[bytes32, Agreement])

# @notice The number of an agreement's next line; 0 if the agreement was never made.
next_line: public(HashMap[bytes32, uint256])

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
):
    """
    @notice Makes an agreement, once. The aggregator itself, or a market operator on its behalf.
    @param  id             The agreement's id.
    @param  aggregator     The aggregator's account.
    @param  customer       The wallet of the customer's point of delivery.
    @param  customer_share The customer's share of what is earned, in ppm; the rest is the
                           aggregator's.
    @param  penalty_price  What a missing kWh costs, in micro-EUR/kWh.
    """
    assert msg.sender == aggregator or Authority.authorised[msg.sender], "SettlementAgreement: not a party"
    assert id != empty(bytes32), "SettlementAgreement: empty id"
    assert aggregator != empty(address), "SettlementAgreement: zero address"
    assert customer != empty(address), "SettlementAgreement: zero address"
    assert customer_share <= WHOLE, "SettlementAgreement: more than the whole"
    assert penalty_price <= MAX_PRICE, "SettlementAgreement: price out of bounds"
    assert self.agreements[id].created_at == 0, "SettlementAgreement: made before"
    self.agreements[id] = Agreement(
        aggregator=aggregator,
        customer=customer,
        customer_share=customer_share,
        penalty_price=penalty_price,
        created_at=block.timestamp,
        ended_at=0,
    )
    self.next_line[id] = 1
    log AgreementMade(
        agreement=id,
        aggregator=aggregator,
        customer=customer,
        customer_share=customer_share,
        penalty_price=penalty_price,
        made_by=msg.sender,
    )


@external
def end_agreement(id: bytes32):
    """
    @notice Ends an agreement: it settles no more. Market operators only.
    @param  id The agreement's id.
    """
    Authority._only_authorised()
    assert self.agreements[id].created_at != 0, "SettlementAgreement: unknown agreement"
    assert self.agreements[id].ended_at == 0, "SettlementAgreement: ended before"
    self.agreements[id].ended_at = block.timestamp
    log AgreementEnded(agreement=id, ended_by=msg.sender)


@external
def settle(batch: bytes32, entries: DynArray[Entry, MAX_ENTRIES]):
    """
    @notice Settles entries: numbers their lines, pays, or records what is owed. Market operators
            only. One entry that cannot be settled reverts the whole call.
    @param  batch   The settlement that these entries belong to, by a keyed name.
    @param  entries The entries; each begins with the next line of its agreement.
    """
    Authority._only_authorised()
    for entry: Entry in entries:
        self._settle(batch, entry)


@external
@view
def is_active(id: bytes32) -> bool:
    """
    @notice Whether an agreement was made and has not been ended.
    @param  id The agreement's id.
    @return True while it is active.
    """
    agreement: Agreement = self.agreements[id]
    return agreement.created_at != 0 and agreement.ended_at == 0


@internal
def _settle(batch: bytes32, entry: Entry):
    """
    @notice Settles one entry. Its lines are counted before anything is paid.
    """
    next: uint256 = self.next_line[entry.agreement]
    assert next != 0, "SettlementAgreement: unknown agreement"
    assert self.agreements[entry.agreement].ended_at == 0, "SettlementAgreement: ended before"
    assert entry.first_line == next, "SettlementAgreement: not the next line"
    assert entry.count != 0 and entry.count <= MAX_LINES, "SettlementAgreement: count out of bounds"
    assert entry.root != empty(bytes32), "SettlementAgreement: empty root"
    most: uint256 = entry.count * MAX_AMOUNT
    assert entry.paid <= most and entry.owed <= most, "SettlementAgreement: amount out of bounds"
    self.next_line[entry.agreement] = next + entry.count

    customer_tokens: uint256 = 0
    aggregator_tokens: uint256 = 0
    if entry.paid != 0:
        tokens: uint256 = entry.paid * TOKENS
        customer_tokens = tokens * self.agreements[entry.agreement].customer_share // WHOLE
        aggregator_tokens = tokens - customer_tokens
        self._pay(self.agreements[entry.agreement].customer, customer_tokens)
        self._pay(self.agreements[entry.agreement].aggregator, aggregator_tokens)
    if entry.owed != 0:
        self.owed[entry.agreement] += entry.owed * TOKENS

    log AgreementSettled(
        batch=batch,
        agreement=entry.agreement,
        root=entry.root,
        first_line=entry.first_line,
        count=entry.count,
        paid=entry.paid,
        owed=entry.owed,
        customer_tokens=customer_tokens,
        aggregator_tokens=aggregator_tokens,
    )


@internal
def _pay(account: address, amount: uint256):
    """
    @notice Mints tokens to an account, if there are any to mint.
    """
    if amount != 0:
        extcall Mintable(token).mint(account, amount)
