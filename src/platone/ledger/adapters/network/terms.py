"""The terms on which a ledger uses a network, as its operator chose them."""

from dataclasses import dataclass

GWEI = 10**9
"""Wei of a gwei, the unit in which fees are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTerms:
    """A network and how it is used.

    Attributes:
        url: Where a node's JSON-RPC is served.
        ca_file: Certificates of authorities that it is trusted by; empty: the system's.
        confirmations: From how many blocks on, its own included, a transaction counts.
        fee_limit_gwei: The most that is paid for a unit of gas.
        replace_s: After how long in no block a transaction is sent anew with a higher fee, s.
    """

    url: str
    ca_file: str = ""
    confirmations: int = 1
    fee_limit_gwei: int = 500
    replace_s: int = 120
