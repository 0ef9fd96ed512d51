"""Networks as the DSO's platform keeps them, by identifier and version."""

from platone.messages.base import Message


class StoredNetwork(Message):
    """A stored network by identifier and version.

    Attributes:
        id: Its identifier.
        version: Its version.
        in_force: Whether calculations use it where they name no other.
    """

    id: str
    version: str
    in_force: bool


class StoredNetworks(Message):
    """Stored networks, the one in force last."""

    networks: list[StoredNetwork]
