# pragma version 0.4.3
# pragma evm-version cancun
"""
@title  Who may do what
@license Apache-2.0
@notice A contract has one owner, who names the accounts that are authorised to use it.
        Ownership moves in two steps, so that it cannot be given to an address nobody holds.
@dev    A module: contracts initialise it and export its functions.
"""


event OwnershipOffered:
    owner: indexed(address)
    candidate: indexed(address)


event OwnershipTransferred:
    previous: indexed(address)
    owner: indexed(address)


event Authorised:
    account: indexed(address)


event AuthorityWithdrawn:
    account: indexed(address)


# @notice The account that names the authorised ones.
owner: public(address)

# @notice The account that may accept ownership, or zero.
candidate: public(address)

# @notice Whether an account is authorised.
authorised: public(HashMap[address, bool])


@deploy
def __init__():
    """
    @notice The deployer becomes the owner.
    """
    self.owner = msg.sender
    log OwnershipTransferred(previous=empty(address), owner=msg.sender)


@external
def offer_ownership(candidate: address):
    """
    @notice Offers ownership to an account, which must accept it. Owner only.
    @param  candidate The account, or zero to withdraw an offer.
    """
    self._only_owner()
    self.candidate = candidate
    log OwnershipOffered(owner=self.owner, candidate=candidate)


@external
def accept_ownership():
    """
    @notice Accepts an offered ownership. The candidate only.
    """
    assert msg.sender == self.candidate, "Authority: not the candidate"
    previous: address = self.owner
    self.owner = msg.sender
    self.candidate = empty(address)
    log OwnershipTransferred(previous=previous, owner=msg.sender)


@external
def authorise(account: address):
    """
    @notice Authorises an account. Owner only.
    @param  account The account.
    """
    self._only_owner()
    assert account != empty(address), "Authority: zero address"
    self.authorised[account] = True
    log Authorised(account=account)


@external
def withdraw_authority(account: address):
    """
    @notice Withdraws an account's authority. Owner only.
    @param  account The account.
    """
    self._only_owner()
    self.authorised[account] = False
    log AuthorityWithdrawn(account=account)


@internal
@view
def _only_owner():
    """
    @notice Refuses everyone but the owner.
    """
    assert msg.sender == self.owner, "Authority: not the owner"


@internal
@view
def _only_authorised():
    """
    @notice Refuses everyone who is not authorised.
    """
    assert self.authorised[msg.sender], "Authority: not authorised"
