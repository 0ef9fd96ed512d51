"""Names of stored networks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkKey:
    """The identifier and version of a stored network."""

    id: str
    version: str
