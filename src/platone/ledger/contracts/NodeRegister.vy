# pragma version 0.4.3
# pragma evm-version cancun
"""
@title  Register of Light Nodes
@license Apache-2.0
@notice Says which device keys were admitted to sign readings, by whom, and from when to when.
        A device is named by the address of its own key; nothing here says where it stands.
@dev    Registrars are the accounts authorised by the owner. A revoked key never comes back:
        the device makes a new one.
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


struct Node:
    registered_at: uint256
    revoked_at: uint256
    registered_by: address
    revoked_by: address


event NodeRegistered:
    device: indexed(address)
    registrar: indexed(address)


event NodeRevoked:
    device: indexed(address)
    registrar: indexed(address)


# @notice A device's entry; its times are seconds since 1970, 0 for "never".
nodes: public(HashMap[address, Node])


@deploy
def __init__():
    """
    @notice The deployer becomes the owner, and registers nothing until it is authorised.
    """
    Authority.__init__()


@external
def register(device: address):
    """
    @notice Admits a device's key. Registrars only.
    @param  device The address of the device's key.
    """
    Authority._only_authorised()
    assert device != empty(address), "NodeRegister: zero address"
    assert self.nodes[device].registered_at == 0, "NodeRegister: registered before"
    self.nodes[device].registered_at = block.timestamp
    self.nodes[device].registered_by = msg.sender
    log NodeRegistered(device=device, registrar=msg.sender)


@external
def revoke(device: address):
    """
    @notice Withdraws a device's key for good. Registrars only.
    @param  device The address of the device's key.
    """
    Authority._only_authorised()
    assert self.nodes[device].registered_at != 0, "NodeRegister: unknown device"
    assert self.nodes[device].revoked_at == 0, "NodeRegister: revoked before"
    self.nodes[device].revoked_at = block.timestamp
    self.nodes[device].revoked_by = msg.sender
    log NodeRevoked(device=device, registrar=msg.sender)


@external
@view
def is_registered(device: address) -> bool:
    """
    @notice Whether a device's key is admitted now.
    @param  device The address of the device's key.
    @return True from its registration until its revocation.
    """
    node: Node = self.nodes[device]
    return node.registered_at != 0 and node.revoked_at == 0
