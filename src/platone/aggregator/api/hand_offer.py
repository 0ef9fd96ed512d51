"""Route of offers that are made by hand."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Response

from platone.aggregator.api.caller import Provider
from platone.aggregator.service.hand_offer import HandOfferService
from platone.infra.http.problem import MEDIA_TYPE
from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.messages.base import Submission
from platone.messages.market import FlexibilityService

_REFUSED = 422
"""Status of a refusal by a market that tells none."""


def hand_offer_routes(router: APIRouter, offers: HandOfferService) -> None:
    """Add the route of /api/aggregator/handOffers."""

    @router.post(
        "/handOffers",
        **documented(FlexibilityService, Submission, status=201, also={200: Submission}),
    )
    async def post_hand_offer(
        principal: Provider,
        made: Annotated[FlexibilityService, body(FlexibilityService, BULK_BYTES)],
    ) -> Response:
        """Send an offer as it is to the market, if it keeps to what customers wish and agreed.

        It is refused before anything goes to the market where it is against their wishes. A
        refusal by the market is answered as the market tells it.
        """
        result = await offers.offer(principal.party_id, made)
        if result.problem is not None:
            status = result.problem.get("status", _REFUSED)
            return Response(msgspec.json.encode(result.problem), status, media_type=MEDIA_TYPE)
        return answer(result, 201 if result.is_new else 200)
