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


# @notice When a root was anchored, in seconds since 1970; 0 if it never was.
anchored_at: public(HashMap[bytes32, uint256])


@deploy
def __init__():
    """
    @notice The deployer becomes the owner, and certifies nothing until it is authorised.
    """
    Authority.__init__()


@external
def anchor(root: bytes32, kind: bytes32, count: uint256):
    """
    @notice Anchors the root of a tree, once. Certifiers only.
    @param  root  The tree's root.
    @param  kind  What the tree holds, as text padded with zero bytes on the right.
    @param  count How many leaves the tree has.
    """
    Authority._only_authorised()
    assert root != empty(bytes32), "Certification: empty root"
    assert count != 0, "Certification: empty tree"
    assert self.anchored_at[root] == 0, "Certification: root anchored before"
    self.anchored_at[root] = block.timestamp
    log Anchored(root=root, kind=kind, certifier=msg.sender, count=count)
