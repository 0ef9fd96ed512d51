"""The visitor's second factor: turned on by a code, recovery codes shown once, turned off."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import show_translated
from platone.dashboard.api.page import FACTOR, INVALID, Desk, go_to, sign_in_again
from platone.dashboard.domain.own_path import own_path
from platone.dashboard.domain.problem import CallRefused
from platone.dashboard.service.visit import Visitor
from platone.infra.page.qr_code import qr_code
from platone.messages.second_factor import (
    RecoveryCodes,
    SecondFactorOrder,
    SecondFactorQuestion,
    SecondFactorView,
)

_PAGE = "/account/second-factor"
_WRONG = frozenset({"one-time-code-wrong", "too-many-failures"})
"""Problems of a code, which the page tells in its own words."""
_GROUP = 4
"""Characters of a secret between two spaces: as many as people read at once."""
_LONGEST_CODE = 20
"""Characters of a typed code that are sent on: six digits and some blanks."""


def second_factor_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page that turns a second factor on, and what changes it."""

    @router.get(_PAGE)
    async def get_second_factor(
        request: Request, then: str = "/account", another: str = ""
    ) -> Response:
        """Show how to turn the second factor on; where it is on, what can be changed."""
        visitor = await desk.visitor(request)
        factor = await visitor.calls.get(FACTOR, SecondFactorView)
        if factor.is_on and not another:
            return _show(desk, request, visitor, factor=factor, then=own_path(then))
        return await _ask(desk, request, visitor, own_path(then), another)

    @router.post(_PAGE)
    async def post_code(request: Request) -> Response:
        """Turn the second factor on by a code, and show the recovery codes, once."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        then, another = own_path(form.get("then", "/account")), form.get("another", "")
        code = "".join(form.get("code", "").split())[:_LONGEST_CODE] or "-"
        try:
            made = await visitor.calls.make(FACTOR, RecoveryCodes, SecondFactorOrder(code=code))
        except CallRefused as refused:
            if refused.told_slug in _WRONG:
                return await _ask(desk, request, visitor, then, another, refused.told_slug)
            if refused.told_slug == "second-factor-not-asked":
                return go_to(_PAGE, then=then, another=another)
            return sign_in_again(refused, _PAGE)
        desk.visits.forget()  # whose sign-in has ended is seen at once
        return _show(desk, request, visitor, codes=made.codes, then=then)

    _changing(router, desk)


def _changing(router: APIRouter, desk: Desk) -> None:
    @router.post(f"{_PAGE}/codes")
    async def post_codes(request: Request) -> Response:
        """Make the recovery codes anew, and show them, once."""
        await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            made = await visitor.calls.make(f"{FACTOR}/recoveryCodes", RecoveryCodes)
        except CallRefused as refused:
            return sign_in_again(refused, _PAGE)
        return _show(desk, request, visitor, codes=made.codes, then="/account")

    @router.post(f"{_PAGE}/off")
    async def post_off(request: Request) -> Response:
        """Turn the second factor off."""
        await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            await visitor.calls.send("DELETE", FACTOR)
        except CallRefused as refused:
            return sign_in_again(refused, _PAGE)
        desk.visits.forget()
        return go_to("/account", done="factor_off")


async def _ask(
    desk: Desk, request: Request, visitor: Visitor, then: str, another: str, refusal: str = ""
) -> Response:
    """Show the secret as a picture and in letters, with the form that takes its first code."""
    try:
        asked = await visitor.calls.make(f"{FACTOR}/question", SecondFactorQuestion)
    except CallRefused as refused:
        return sign_in_again(refused, str(request.url.path))
    secret = asked.secret
    return _show(
        desk,
        request,
        visitor,
        INVALID if refusal else 200,
        picture=qr_code(asked.address),
        secret=" ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP)),
        address=asked.address,
        refusal=refusal,
        another=another,
        then=then,
    )


def _show(
    desk: Desk, request: Request, visitor: Visitor, status: int = 200, /, **shown: object
) -> Response:
    told = {"factor": None, "codes": None, "picture": None} | shown
    made = show_translated(desk, request, "second_factor.html.j2", visitor, **told)
    made.status_code = status
    return made
