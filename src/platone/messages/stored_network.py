"""Networks as the DSO's platform keeps them, by identifier and version."""

from enum import Enum

from platone.messages.base import Instant, ListPart, Message


class StoredNetwork(Message):
    """A stored network by identifier and version.

    Attributes:
        id: Its identifier.
        version: Its version.
        in_force: Whether calculations use it where they name no other.
        stored_at: When it was stored, by the market's clock.
    """

    id: str
    version: str
    in_force: bool
    stored_at: Instant


class StoredNetworks(ListPart):
    """Stored networks, the one in force last.

    Attributes:
        networks: Those in this part of the list.
    """

    networks: list[StoredNetwork]


class BranchKind(Enum):
    """The kinds of branches that outages, limits and alarms name."""

    LINE = "line"
    """A line or cable."""
    TRANSFORMER = "transformer"
    """A transformer, whole: with all its windings."""
    WINDING = "winding"
    """One winding of a transformer with three."""


class NetworkBranch(Message):
    """A branch of a network by the names that people and programs have for it.

    Attributes:
        id: Its identifier, as outages and limits are asked for with it.
        name: What people call it; empty where the file tells none.
        kind: What it is.
    """

    id: str
    name: str
    kind: BranchKind


class NetworkBranches(ListPart):
    """Branches of a stored network, by identifier.

    Attributes:
        network_id: The network.
        version: Its version.
        branches: Those in this part of the list.
    """

    network_id: str
    version: str
    branches: list[NetworkBranch]


class ElementFate(Enum):
    """The ways in which an element differs between two versions."""

    ADDED = "added"
    """It was not there before."""
    REMOVED = "removed"
    """It is there no more."""
    CHANGED = "changed"
    """Some of its values differ."""


class FieldChange(Message):
    """A value of an element that differs between two versions.

    Attributes:
        field: What it is, in words.
        unit: Its unit; empty where it has none.
        before: What it was as text, numbers with all their digits; empty where it was not set.
        after: What it is.
    """

    field: str
    unit: str
    before: str
    after: str


class ElementChange(Message):
    """An element that differs between two versions of a network.

    Attributes:
        kind: Its kind in words, such as "line".
        element: Its identifier.
        name: What people call it.
        fate: How it differs.
        fields: The values that differ, where it is changed.
    """

    kind: str
    element: str
    name: str
    fate: ElementFate
    fields: list[FieldChange]


class NetworkChanges(Message):
    """The difference between two stored versions of a network.

    Attributes:
        network_id: The network.
        before: The earlier version.
        after: The later version.
        added: How many elements were added.
        removed: How many were removed.
        changed: How many have other values.
        changes: Each of them by kind; the first ten thousand.
    """

    network_id: str
    before: str
    after: str
    added: int
    removed: int
    changed: int
    changes: list[ElementChange]
