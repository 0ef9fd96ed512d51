"""Passkeys of the visitor: offered after its first sign-in, added, and removed."""

from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import show_translated
from platone.dashboard.api.page import FACTOR, Desk, go_to, sign_in_again
from platone.dashboard.domain.own_path import own_path
from platone.dashboard.domain.problem import CallRefused, FieldWrong
from platone.messages.passkey import PasskeyOrder, PasskeyQuestion, PasskeyView
from platone.messages.second_factor import SecondFactorView

_REST = "/api/identity/passkeys"
_PAGE = "/account/passkey"
_AGENT = 200
"""Characters of what a browser calls itself that name a passkey."""


def passkey_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page that offers a passkey, and what adds and removes one."""

    @router.get(_PAGE)
    async def get_passkey(request: Request, then: str = "/account") -> Response:
        """Offer a passkey; who signed in too long ago does it again first."""
        visitor = await desk.visitor(request)
        factor = await visitor.calls.get(FACTOR, SecondFactorView)
        try:
            asked = await visitor.calls.make(f"{_REST}/question", PasskeyQuestion)
        except CallRefused as refused:
            return sign_in_again(refused, _PAGE)
        question = msgspec.json.encode(asked.public_key).decode()
        return show_translated(
            desk,
            request,
            "passkey.html.j2",
            visitor,
            question=question,
            is_advised=factor.is_advised,
            then=own_path(then),
        )

    @router.post(_PAGE)
    async def post_passkey(request: Request) -> Response:
        """Add the passkey that the browser's device has made."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        agent = request.headers.get("User-Agent", "")[:_AGENT]
        told = {name: form.get(name, "") for name in ("clientData", "attestation", "handle")}
        try:
            order = msgspec.convert(told | {"agent": agent}, PasskeyOrder)
        except msgspec.ValidationError as error:
            raise FieldWrong(f"The device's answer cannot be read: {error}") from error
        try:
            await visitor.calls.make(_REST, PasskeyView, order)
        except CallRefused as refused:
            return sign_in_again(refused, _PAGE)
        return go_to(own_path(form.get("then", "/account")))

    @router.post(f"{_PAGE}/remove")
    async def post_removal(request: Request) -> Response:
        """Remove a passkey of the visitor."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            path = f"{_REST}/{quote(form.get('id', ''), safe='')}"
            await visitor.calls.send("DELETE", path)
        except CallRefused as refused:
            return sign_in_again(refused, "/account")
        return go_to("/account")
