"""Endpoints of participants: registered, shown, replayed, removed."""

from typing import Annotated

from fastapi import APIRouter, Response

from platone.infra.http.wire import answer, body, documented
from platone.market.api.role import Player
from platone.market.service.webhook import Webhooks
from platone.messages.webhook import RegisteredWebhook, Webhook, WebhookStatus

_NO_CONTENT = 204
"""The status of an answer that has nothing to tell."""


def webhook_routes(router: APIRouter, webhooks: Webhooks) -> None:
    """Add the routes of the caller's own endpoint, /api/webhook."""

    @router.put("/api/webhook", **documented(Webhook, RegisteredWebhook))
    async def put_webhook(principal: Player, wanted: Annotated[Webhook, body(Webhook)]) -> Response:
        """Have the caller's own messages sent to its endpoint, from now on.

        The answer holds the secret of the signatures; each call makes a new one.
        """
        return answer(await webhooks.register(principal.party_id, wanted.url))

    @router.get("/api/webhook", **documented(gives=WebhookStatus))
    async def get_webhook(principal: Player) -> Response:
        """Show the caller's endpoint: last success, failures, what waits, what was given up."""
        return answer(await webhooks.status(principal.party_id))

    @router.post("/api/webhook/replay", **documented(gives=WebhookStatus))
    async def replay(principal: Player) -> Response:
        """Send all that was given up again, now."""
        return answer(await webhooks.replay(principal.party_id))

    @router.delete("/api/webhook", **documented(status=_NO_CONTENT))
    async def delete_webhook(principal: Player) -> Response:
        """Call the caller's endpoint no more; the topics keep all messages."""
        await webhooks.remove(principal.party_id)
        return Response(status_code=_NO_CONTENT)
