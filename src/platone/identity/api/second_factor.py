"""The routes of a person's own second factor, /api/identity/secondFactor."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from platone.identity.domain.person import person_of
from platone.identity.service.second_factor import SecondFactors
from platone.infra.http.change import record_change
from platone.infra.http.security import Principal, caller
from platone.infra.http.wire import answer, body, documented
from platone.messages.second_factor import (
    RecoveryCodes,
    SecondFactorOrder,
    SecondFactorQuestion,
    SecondFactorView,
)

_CREATED = 201
"""HTTP status of what was made."""
_NEW, _BEFORE = "a new one", "the one before"
"""How the log of changes tells a secret that was made anew."""
Caller = Annotated[Principal, Depends(caller)]


def factor_address(name: str, secret: str) -> str:
    """Return the address by which an authenticator takes a person's secret."""
    return f"otpauth://totp/Platone:{quote(name, safe='')}?secret={secret}&issuer=Platone"


def second_factor_router(factors: SecondFactors) -> APIRouter:
    """Make the routes by which people turn their second factor on and off.

    Args:
        factors: The people's second factors.
    """
    router = APIRouter(prefix="/api/identity/secondFactor", tags=["identity"])

    @router.get("", **documented(gives=SecondFactorView))
    async def get_second_factor(principal: Caller) -> Response:
        """Tell whether the caller shows a one-time code beside its password."""
        return answer(await factors.seen(principal))

    @router.post("/question", **documented(gives=SecondFactorQuestion))
    async def post_secret(principal: Caller) -> Response:
        """Ask for a secret for the caller's authenticator; it has signed in within ten minutes.

        The secret counts once a code of it has come back; until then what there was counts.
        """
        secret = await factors.question(principal)
        address = factor_address(person_of(principal.client_id), secret)
        return _untold(answer(SecondFactorQuestion(secret=secret, address=address)))

    @router.post("", **documented(SecondFactorOrder, RecoveryCodes, status=_CREATED))
    async def post_second_factor(
        request: Request,
        principal: Caller,
        wanted: Annotated[SecondFactorOrder, body(SecondFactorOrder)],
    ) -> Response:
        """Turn the second factor on, or exchange it, by a code; the caller's other sign-ins end.

        The recovery codes are told this once.
        """
        codes, was_on = await factors.confirm(principal, wanted.code)
        before = {"authenticator": _BEFORE} if was_on else {}
        what = ("secondFactor", person_of(principal.client_id))
        await record_change(request, principal, what, before, {"authenticator": _NEW})
        return _untold(answer(RecoveryCodes(codes=codes), _CREATED))

    @router.post("/recoveryCodes", **documented(gives=RecoveryCodes, status=_CREATED))
    async def post_recovery_codes(request: Request, principal: Caller) -> Response:
        """Make the caller's recovery codes anew, and tell them this once."""
        codes, left = await factors.renew_codes(principal)
        what = ("recoveryCodes", person_of(principal.client_id))
        after = {"codes": "made anew", "left": str(len(codes))}
        await record_change(request, principal, what, {"left": str(left)}, after)
        return _untold(answer(RecoveryCodes(codes=codes), _CREATED))

    @router.delete("", **documented(status=204))
    async def delete_second_factor(request: Request, principal: Caller) -> Response:
        """Turn the second factor off: the password alone signs in; other sign-ins end."""
        await factors.remove(principal)
        what = ("secondFactor", person_of(principal.client_id))
        await record_change(request, principal, what, {"authenticator": _BEFORE})
        return Response(status_code=204)

    return router


def _untold(response: Response) -> Response:
    """Return an answer with a secret, which nobody on its way keeps."""
    response.headers["Cache-Control"] = "no-store"
    return response
