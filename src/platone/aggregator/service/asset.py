"""Assets and customers' preferences, each kept for whom it belongs to."""

from collections.abc import Collection
from datetime import date

from platone.aggregator.domain.asset import check_asset
from platone.aggregator.domain.preference import (
    check_preference,
    default_preference,
    market_day_on,
)
from platone.aggregator.domain.problem import PodNotInPortfolio, UnknownAsset
from platone.aggregator.records.asset import AssetRecords
from platone.aggregator.records.portfolio import PortfolioRecords
from platone.aggregator.records.preference import PreferenceRecords
from platone.aggregator.records.seen import Seen
from platone.aggregator.service.unwished import WithdrawUnwished
from platone.infra.listing import Listed, Part
from platone.kernel.errors import NotOwner
from platone.messages.asset import Asset, DayPreference, StatedPreference
from platone.messages.base import Submission, SubmissionStatus


class AssetService:
    """Keeps the assets of portfolios, apart for each party.

    Args:
        portfolio: The portfolios that are stored.
        assets: The assets that are stored.
    """

    def __init__(self, portfolio: PortfolioRecords, assets: AssetRecords) -> None:
        self._portfolio = portfolio
        self._assets = assets

    async def put(self, party: str, asset: Asset) -> Submission:
        """Keep an asset, or change it.

        Raises:
            PodNotInPortfolio: Its PoD is not in the party's portfolio.
            AssetInvalid: It is not one kind, or one too many.
        """
        if asset.pod_id not in {each.pod.pod_id for each in await self._portfolio.pods(party)}:
            raise PodNotInPortfolio(
                f"{asset.pod_id} is not in the portfolio of {party}.", podId=asset.pod_id
            )
        known = await self._assets.of(party, asset.pod_id)
        check_asset(asset, known)
        is_new = asset not in known
        if is_new:
            await self._assets.save(party, asset)
        return Submission(id=asset.asset_id, status=SubmissionStatus.of_taken(is_new=is_new))

    async def listed(self, seen: Seen, part: Part) -> Listed[Asset]:
        """Return assets that a reader sees, by party, PoD and name."""
        return await self._assets.listed(seen, part)

    async def remove(self, party: str, pod_id: str, asset_id: str) -> None:
        """Remove an asset.

        Raises:
            UnknownAsset: The party has none of this name.
        """
        if not await self._assets.remove(party, pod_id, asset_id):
            raise UnknownAsset(
                f"{party} has no asset {asset_id} at {pod_id}.", podId=pod_id, assetId=asset_id
            )


class PreferenceService:
    """Keeps what customers wish for their points of delivery, day by day.

    Args:
        portfolio: The portfolios that are stored.
        preferences: The preferences that are stored.
        withdraw: Takes back what is offered against them.
        zone: IANA name of the market's zone.
    """

    def __init__(
        self,
        portfolio: PortfolioRecords,
        preferences: PreferenceRecords,
        withdraw: WithdrawUnwished,
        zone: str,
    ) -> None:
        self._portfolio = portfolio
        self._preferences = preferences
        self._withdraw = withdraw
        self._zone = zone

    async def say(self, customer: str, said: DayPreference) -> Submission:
        """Keep a customer's preference, which binds its aggregator's offers.

        What stands in sessions that are open is taken back at once. For which quarter-hours that
        is too late is kept with the preference.

        Raises:
            NotOwner: The PoD is not the customer's.
            PreferenceInvalid: A span is not of its day.
            PartnerUnavailable: The market does not answer: the preference binds offers from now
                on, and the same word, said again, takes back those that stand.
        """
        owned = await self._portfolio.of_customer(customer)
        parties = [party for party, pod_id in owned if pod_id == said.pod_id]
        if not parties:
            raise NotOwner(
                f"{said.pod_id} is not supplied to {customer} in any portfolio here.",
                podId=said.pod_id,
            )
        check_preference(said, self._zone)
        before = (await self._preferences.of_day(said.day, [said.pod_id])).get(said.pod_id)
        is_new = before != said
        if is_new:
            await self._preferences.save(said)
        too_late = await self._withdraw(parties, said)
        await self._preferences.save(said, too_late)
        return Submission(id=said.pod_id, status=SubmissionStatus.of_taken(is_new=is_new))

    async def of_day(self, day: date, pods: Collection[str]) -> list[StatedPreference]:
        """Return the preference that holds on a market day for each PoD, by identifier.

        Raises:
            InstantOutOfRange: The day is not in the years 2000 to 2099.
        """
        market_day_on(day, self._zone)
        stated = await self._preferences.stated_for(day, pods)
        return [
            stated.get(pod)
            or StatedPreference(stated=False, preference=default_preference(pod, day))
            for pod in sorted(pods)
        ]
