"""The rule of assets that can be kept of a point of delivery."""

from collections.abc import Sequence

from platone.aggregator.domain.problem import AssetInvalid
from platone.messages.asset import Asset

MOST_ASSETS = 20
"""Assets of a point of delivery: a large site's; a plan of it takes some milliseconds."""


def check_asset(asset: Asset, known: Sequence[Asset]) -> None:
    """Check that an asset can be kept beside others of its point of delivery.

    Raises:
        AssetInvalid: It is none or several kinds at once, or one too many.
    """
    kinds = [asset.battery, asset.plant, asset.shiftable_load]
    count = sum(each is not None for each in kinds)
    if count != 1:
        raise AssetInvalid(
            f"{asset.asset_id} at {asset.pod_id} is {count} of battery, plant and shiftableLoad.",
            podId=asset.pod_id,
            assetId=asset.asset_id,
        )
    others = {each.asset_id for each in known} - {asset.asset_id}
    if len(others) >= MOST_ASSETS:
        raise AssetInvalid(
            f"{asset.pod_id} has {len(others)} assets already; {MOST_ASSETS} are kept.",
            podId=asset.pod_id,
            assetId=asset.asset_id,
        )
