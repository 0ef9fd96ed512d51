# pragma version 0.4.3
# pragma evm-version cancun
"""
@title  Certification of data
@license Apache-2.0
@notice Keeps the Merkle roots (RFC 6962, SHA-256, salted leaves) of data that was certified.
        A root says nothing about the data to anyone who was not given the data and its salt.
@dev    Certifiers are the accounts authorised by the owner.
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


event Anchored:
    root: indexed(bytes32)
    kind: indexed(bytes32)
    certifier: indexed(address)
    count: uint256


# @notice The hash over all anchors so far: each step hashes the one before with root, kind, count,
#         certifier and time, the first one that of chain and contract. Who has all events finds it
#         again, and sees that none is missing.
chain_of_roots: public(bytes32)


@deploy
def __init__():
    """
    @notice The deployer becomes the owner, and certifies nothing until it is authorised.
    """
    Authority.__init__()
    self.chain_of_roots = keccak256(abi_encode(chain.id, self))


@external
def anchor(root: bytes32, kind: bytes32, count: uint256):
    """
    @notice Anchors the root of a tree. Certifiers only. Of a root that is anchored again the first
            event counts: the contract keeps no list of roots, since each would cost 22,100 gas.
    @param  root  The tree's root.
    @param  kind  What the tree holds, as text padded with zero bytes on the right.
    @param  count How many leaves the tree has.
    """
    Authority._only_authorised()
    assert root != empty(bytes32), "Certification: empty root"
    assert count != 0, "Certification: empty tree"
    self.chain_of_roots = keccak256(
        abi_encode(self.chain_of_roots, root, kind, count, msg.sender, block.timestamp)
    )
    log Anchored(root=root, kind=kind, certifier=msg.sender, count=count)
