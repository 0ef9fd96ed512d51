# pragma version 0.4.3
# pragma evm-version cancun
"""
@title  Platone token
@license Apache-2.0
@notice What flexibility earns: an ERC-20 token (EIP-20) of 18 decimals; 1 token stands for 1 EUR.
@dev    Minters are the accounts authorised by the owner: the settlement contract.
        The sum of all balances is the total supply at every moment.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

import Authority

implements: IERC20
implements: IERC20Detailed

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


# @notice The token's name.
name: public(constant(String[13])) = "Platone token"

# @notice The token's symbol.
symbol: public(constant(String[4])) = "PLTK"

# @notice Decimals of the displayed amount.
decimals: public(constant(uint8)) = 18

# @notice The sum of all balances, in 1e-18 token.
totalSupply: public(uint256)

# @notice What an account holds, in 1e-18 token.
balanceOf: public(HashMap[address, uint256])

# @notice What an owner lets a spender move, in 1e-18 token.
allowance: public(HashMap[address, HashMap[address, uint256]])


@deploy
def __init__():
    """
    @notice The deployer becomes the owner; nothing is minted.
    """
    Authority.__init__()


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves tokens of the caller.
    @param  to     The receiver; not the zero address.
    @param  amount How many, in 1e-18 token.
    @return True; whatever is impossible reverts.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Lets a spender move tokens of the caller; replaces what was allowed before.
    @param  spender The account that may move them; not the zero address.
    @param  amount  How many, in 1e-18 token; the largest uint256 means without bound.
    @return True; whatever is impossible reverts.
    """
    assert spender != empty(address), "PlatoneToken: zero address"
    self.allowance[msg.sender][spender] = amount
    log IERC20.Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice Moves tokens of an owner who approved the caller.
    @param  owner  Whose tokens are moved.
    @param  to     The receiver; not the zero address.
    @param  amount How many, in 1e-18 token.
    @return True; whatever is impossible reverts.
    """
    allowed: uint256 = self.allowance[owner][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= amount, "PlatoneToken: beyond the allowance"
        self.allowance[owner][msg.sender] = allowed - amount
    self._move(owner, to, amount)
    return True


@external
def mint(to: address, amount: uint256):
    """
    @notice Creates tokens. Minters only.
    @param  to     Who receives them; not the zero address.
    @param  amount How many, in 1e-18 token.
    """
    Authority._only_authorised()
    assert to != empty(address), "PlatoneToken: zero address"
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=empty(address), receiver=to, value=amount)


@internal
def _move(sender: address, to: address, amount: uint256):
    """
    @notice Moves tokens that the caller was found to be free to move.
    """
    assert to != empty(address), "PlatoneToken: zero address"
    balance: uint256 = self.balanceOf[sender]
    assert balance >= amount, "PlatoneToken: beyond the balance"
    self.balanceOf[sender] = balance - amount
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=sender, receiver=to, value=amount)
