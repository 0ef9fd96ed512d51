"""A wallet is opened as the registration of its point of delivery has it."""

from platone.messages.ledger import WalletOpening
from platone.messages.registry import PointOfDelivery

OWN = "0x52908400098527886E0F7030069857D2E4169EE7"
"""An address as EIP-55 gives it for an example."""


def test_a_wallet_is_opened_for_whom_the_registration_names() -> None:
    pod = PointOfDelivery(pod_id="POD-1", aggregator_id="AGG", customer_id="HOME", wallet=OWN)
    asked = WalletOpening(address=OWN, aggregator_id="AGG", customer_id="HOME")
    assert WalletOpening.of(pod) == asked
    nobody = PointOfDelivery(pod_id="POD-1", aggregator_id="AGG")
    assert WalletOpening.of(nobody) == WalletOpening(aggregator_id="AGG")
