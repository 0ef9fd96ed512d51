"""Routes of assets, and of customers' preferences."""

from typing import Annotated

from fastapi import APIRouter, Response

from platone.aggregator.api.caller import (
    Customer,
    Provider,
    Reader,
    seen_by,
)
from platone.aggregator.domain.preference import day_named
from platone.aggregator.service.asset import AssetService, PreferenceService
from platone.aggregator.service.portfolio import PortfolioService
from platone.infra.http.listing import asked_part
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part
from platone.messages.asset import Asset, AssetPage, DayPreference, PreferencePage
from platone.messages.base import Submission

_PAGE = 1000
"""Most assets or preferences in one answer: some 300 kB."""


def asset_routes(router: APIRouter, assets: AssetService) -> None:
    """Add the routes under /api/aggregator/assets."""

    @router.put("/assets", **documented(Asset, Submission, status=201, also={200: Submission}))
    async def put_asset(principal: Provider, asset: Annotated[Asset, body(Asset)]) -> Response:
        """Keep an asset of a PoD, or change it: also when its battery has another charge."""
        result = await assets.put(principal.party_id, asset)
        return answer(result, 201 if result.is_new else 200)

    @router.get("/assets", **documented(gives=AssetPage))
    async def get_assets(principal: Reader, part: Annotated[Part, asked_part(_PAGE)]) -> Response:
        """List the assets of the PoDs that the caller may see."""
        found = await assets.listed(seen_by(principal), part)
        return answer(AssetPage(assets=found.items, next=found.next))

    @router.delete("/assets/{pod_id}/{asset_id}", **documented(status=204))
    async def delete_asset(principal: Provider, pod_id: str, asset_id: str) -> Response:
        """Remove an asset; what was offered of it stands until it is withdrawn."""
        await assets.remove(principal.party_id, pod_id, asset_id)
        return Response(status_code=204)


def preference_routes(
    router: APIRouter, portfolio: PortfolioService, preferences: PreferenceService
) -> None:
    """Add the routes of /api/aggregator/preferences."""

    @router.put(
        "/preferences", **documented(DayPreference, Submission, status=201, also={200: Submission})
    )
    async def put_preference(
        principal: Customer, said: Annotated[DayPreference, body(DayPreference)]
    ) -> Response:
        """Say for a market day whether, when, and down to what charge a PoD may be offered.

        Offers that its aggregator makes from then on keep to it; those that stand are taken back
        until the gate closes. GET tells for which quarter-hours that was too late.
        """
        result = await preferences.say(principal.party_id, said)
        return answer(result, 201 if result.is_new else 200)

    @router.get("/preferences/{day}", **documented(gives=PreferencePage))
    async def get_preferences(
        principal: Reader, day: str, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List what holds on a market day: what customers said, or that all may be offered."""
        found = await portfolio.listed(seen_by(principal), part)
        pods = [each.pod.pod_id for each in found.items]
        said = await preferences.of_day(day_named(day), pods)
        return answer(PreferencePage(preferences=said, next=found.next))
