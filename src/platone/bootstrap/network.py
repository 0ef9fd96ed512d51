"""The network that the ledger's contracts live on, as the settings have it."""

from platone.ledger.adapters.network.terms import NetworkTerms
from platone.settings import Settings


def ledger_network(settings: Settings) -> NetworkTerms | None:
    """Return the terms of the ledger's network; none where its chain is embedded."""
    if not settings.ledger_network:
        return None
    return NetworkTerms(
        url=settings.ledger_network,
        ca_file=settings.ledger_network_ca,
        confirmations=settings.ledger_confirmations,
        fee_limit_gwei=settings.ledger_fee_limit_gwei,
        replace_s=settings.ledger_replace_seconds,
    )
