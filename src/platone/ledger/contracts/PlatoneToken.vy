# pragma version 0.4.3
# pragma evm-version cancun
"""
@title  Platone token
@license Apache-2.0
@notice What flexibility earns: an ERC-20 token (EIP-20) of 18 decimals; 1 token stands for 1 EUR.
        A module of the settlement contract, which alone creates tokens.
@dev    What an account holds is its balance and what lies in its pots. A pot is a word that belongs
        to something else of the account, its agreement, and is written with it: so a payment writes
        one word and not two, and it is never the first into that word, as making the pot has filled
        it. Bits 0-199 of a pot are tokens; the others are its owner's. A payment into a pot is a
        transfer like any other, and its tokens are spent like any others: before an account spends,
        its pots are emptied into its balance.
        The sum of all balances and pots is the total supply at every moment.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

implements: IERC20
implements: IERC20Detailed


# @notice The token's name.
name: public(constant(String[13])) = "Platone token"

# @notice The token's symbol.
symbol: public(constant(String[4])) = "PLTK"

# @notice Decimals of the displayed amount.
decimals: public(constant(uint8)) = 18

# @notice The sum of all balances, in 1e-18 token.
totalSupply: public(uint256)

# @notice Pots of an account in use at once: as many agreements as a wallet has at a time.
MAX_POTS: public(constant(uint256)) = 16

# @notice Tokens that a pot holds at most, and the mask of them, in 1e-18 token.
POT: constant(uint256) = 2**200 - 1

# What an account holds beside its pots, in 1e-18 token.
balances: HashMap[address, uint256]

# Pots by their keys.
pots: HashMap[bytes32, uint256]

# The keys of an account's pots in use.
pots_of: HashMap[address, DynArray[bytes32, MAX_POTS]]

# @notice What an owner lets a spender move, in 1e-18 token.
allowance: public(HashMap[address, HashMap[address, uint256]])


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
@view
def balanceOf(account: address) -> uint256:
    """
    @notice What an account holds, in 1e-18 token.
    @param  account The account.
    @return Its tokens, those in its pots among them.
    """
    held: uint256 = self.balances[account]
    for key: bytes32 in self.pots_of[account]:
        held += self.pots[key] & POT
    return held


@internal
def _open_pot(account: address, key: bytes32, word: uint256):
    """
    @notice Gives an account a new pot, with what its owner keeps in it.
    """
    assert len(self.pots_of[account]) < MAX_POTS, "PlatoneToken: too many pots"
    self.pots_of[account].append(key)
    self.pots[key] = word


@internal
def _close_pot(account: address, key: bytes32):
    """
    @notice Empties a pot for good, and takes it from the account's.
    """
    self._empty(account, key)
    last: bytes32 = self.pots_of[account].pop()
    if last != key:
        for place: uint256 in range(MAX_POTS):
            if self.pots_of[account][place] == key:
                self.pots_of[account][place] = last
                break


@internal
def _empty(account: address, key: bytes32):
    """
    @notice Moves what lies in a pot into the balance of its account.
    """
    word: uint256 = self.pots[key]
    if word & POT != 0:
        self.balances[account] += word & POT
        self.pots[key] = word & ~POT


@internal
def _mint(to: address, amount: uint256):
    """
    @notice Creates tokens; who calls adds them to the total supply.
    """
    self.balances[to] += amount
    log IERC20.Transfer(sender=empty(address), receiver=to, value=amount)


@internal
def _move(sender: address, to: address, amount: uint256):
    """
    @notice Moves tokens that the caller was found to be free to move.
    """
    assert to != empty(address), "PlatoneToken: zero address"
    for key: bytes32 in self.pots_of[sender]:
        self._empty(sender, key)
    balance: uint256 = self.balances[sender]
    assert balance >= amount, "PlatoneToken: beyond the balance"
    self.balances[sender] = balance - amount
    self.balances[to] += amount
    log IERC20.Transfer(sender=sender, receiver=to, value=amount)
