# pragma version 0.4.3
# pragma evm-version cancun
"""
@title  Settlement agreements
@license Apache-2.0
@notice Keeps the agreements between aggregators and their customers' wallets, and pays what
        flexibility was delivered. It takes quantities, never amounts: it computes those itself.
@dev    The rule is the one of UFTP (Shapeshifter). With change = direction * (baseline - measured),
        load convention (positive = consumption), direction 1 to reduce and -1 to raise:
            delivered  = change clipped to 0 .. ordered
            deficiency = ordered - change where that is positive, else 0
            net        = price * delivered - penalty price * deficiency
        Energy is in micro-kWh, prices in micro-EUR/kWh, so net is in 1e-12 EUR, without rounding;
        a share in ppm of it is a whole number of 1e-18 tokens (1 token = 1 EUR), again exactly.
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


struct Line:
    id: bytes32
    record: bytes32
    agreement: bytes32
    direction: int256
    baseline: int256
    ordered: int256
    measured: int256
    price: int256


struct Amounts:
    delivered: int256
    deficiency: int256
    net: int256


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


event LineSettled:
    line: indexed(bytes32)
    agreement: indexed(bytes32)
    batch: indexed(bytes32)
    record: bytes32
    direction: int256
    baseline: int256
    ordered: int256
    measured: int256
    price: int256
    delivered: int256
    deficiency: int256
    net: int256
    customer_tokens: uint256
    aggregator_tokens: uint256


# @notice Lines in one call at most.
MAX_LINES: public(constant(uint256)) = 200

# @notice A whole, in parts per million.
WHOLE: public(constant(uint256)) = 1_000_000

# @notice 1e-18 tokens in 1e-12 EUR. It is also WHOLE, so that shares come out without rounding.
TOKENS: constant(uint256) = 1_000_000

# @notice Bound of an energy: 1e18 micro-kWh, a million TWh.
MAX_ENERGY: public(constant(int256)) = 10**18

# @notice Bound of a price: 1e15 micro-EUR/kWh.
MAX_PRICE: public(constant(int256)) = 10**15

# @notice The token that pays.
token: public(immutable(address))

# @notice An agreement by its id.
agreements: public(HashMap[bytes32, Agreement])

# @notice When a line was settled, in seconds since 1970; 0 if it never was.
settled_at: public(HashMap[bytes32, uint256])

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
    assert penalty_price <= convert(MAX_PRICE, uint256), "SettlementAgreement: price out of bounds"
    assert self.agreements[id].created_at == 0, "SettlementAgreement: made before"
    self.agreements[id] = Agreement(
        aggregator=aggregator,
        customer=customer,
        customer_share=customer_share,
        penalty_price=penalty_price,
        created_at=block.timestamp,
        ended_at=0,
    )
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
def settle(batch: bytes32, lines: DynArray[Line, MAX_LINES]):
    """
    @notice Settles lines: computes, pays, or records what is owed. Market operators only.
            One line that cannot be settled reverts the whole call.
    @param  batch The settlement these lines belong to.
    @param  lines The lines; each id is settled once only. A line's id is a keyed hash of its
                  name, its record the salted SHA-256 of its full text: neither tells anything
                  to who was not given the text and the salt.
    """
    Authority._only_authorised()
    for line: Line in lines:
        self._settle(batch, line)


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


@external
@pure
def amounts(line: Line, penalty_price: uint256) -> Amounts:
    """
    @notice What a line comes to, without settling it.
    @param  line          The line.
    @param  penalty_price What a missing kWh costs, in micro-EUR/kWh.
    @return Delivered and missing energy in micro-kWh, and the net amount in 1e-12 EUR.
    """
    return self._amounts(line, convert(penalty_price, int256))


@internal
def _settle(batch: bytes32, line: Line):
    """
    @notice Settles one line. Its id is marked before anything is paid.
    """
    assert line.id != empty(bytes32), "SettlementAgreement: empty id"
    assert self.settled_at[line.id] == 0, "SettlementAgreement: settled before"
    agreement: Agreement = self.agreements[line.agreement]
    assert agreement.created_at != 0, "SettlementAgreement: unknown agreement"
    assert agreement.ended_at == 0, "SettlementAgreement: ended before"
    self.settled_at[line.id] = block.timestamp

    due: Amounts = self._amounts(line, convert(agreement.penalty_price, int256))
    customer_tokens: uint256 = 0
    aggregator_tokens: uint256 = 0
    if due.net > 0:
        net: uint256 = convert(due.net, uint256)
        customer_tokens = net * TOKENS * agreement.customer_share // WHOLE
        aggregator_tokens = net * TOKENS - customer_tokens
        self._pay(agreement.customer, customer_tokens)
        self._pay(agreement.aggregator, aggregator_tokens)
    elif due.net < 0:
        self.owed[line.agreement] += convert(-due.net, uint256) * TOKENS

    log LineSettled(
        line=line.id,
        agreement=line.agreement,
        batch=batch,
        record=line.record,
        direction=line.direction,
        baseline=line.baseline,
        ordered=line.ordered,
        measured=line.measured,
        price=line.price,
        delivered=due.delivered,
        deficiency=due.deficiency,
        net=due.net,
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


@internal
@pure
def _amounts(line: Line, penalty_price: int256) -> Amounts:
    """
    @notice The rule of UFTP, see the contract's head.
    """
    assert line.direction == 1 or line.direction == -1, "SettlementAgreement: no direction"
    assert abs(line.baseline) <= MAX_ENERGY and abs(line.measured) <= MAX_ENERGY, "SettlementAgreement: energy out of bounds"
    assert line.ordered > 0 and line.ordered <= MAX_ENERGY, "SettlementAgreement: energy out of bounds"
    assert abs(line.price) <= MAX_PRICE, "SettlementAgreement: price out of bounds"
    change: int256 = line.direction * (line.baseline - line.measured)
    delivered: int256 = min(max(change, 0), line.ordered)
    deficiency: int256 = max(line.ordered - change, 0)
    return Amounts(
        delivered=delivered,
        deficiency=deficiency,
        net=line.price * delivered - penalty_price * deficiency,
    )
