"""The parties of an aged server: their tokens, and the application that knows them."""

import time
from typing import Any

import httpx
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from platone.infra.http.problem import install_problems
from platone.infra.http.security import AUDIENCE, TokenVerifier

URL = "https://aged.test"
_ROLES = {
    "MO": "MarketOperator",
    "DSO": "SystemOperator",
    "AGG": "FlexibilityServiceProvider",
    "MDA": "MeteredDataAdministrator",
}
_KEY = ECKey.generate_key("P-256")
_LIFE_S = 3600


def token(party: str) -> str:
    """Return a token of a party."""
    claims = {
        "iss": URL,
        "aud": AUDIENCE,
        "sub": f"client-{party}",
        "exp": int(time.time()) + _LIFE_S,
        "party": party,
        "scope": "platone",
        "roles": [_ROLES[party]],
    }
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, _KEY)


def application() -> FastAPI:
    """Return an application that takes these tokens, and gives the parties' clients theirs."""
    app = FastAPI()
    app.state.token_verifier = TokenVerifier(URL, lambda: KeySet([_KEY]))
    install_problems(app)
    parties = {httpx.BasicAuth(each, "-")._auth_header: each for each in _ROLES}  # noqa: SLF001

    @app.post("/oauth2/token")
    async def issue(request: Request) -> dict[str, Any]:
        text = token(parties[request.headers["Authorization"]])
        return {"access_token": text, "token_type": "Bearer", "expires_in": _LIFE_S, "scope": ""}

    return app
