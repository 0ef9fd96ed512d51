"""The dashboard, with what it is given: the client of sign-ins, and the check of proofs."""

import httpx

from platone import __version__
from platone.dashboard.context import Dashboard
from platone.dashboard.domain.proof_check import CheckStep, ProofCheck
from platone.dashboard.service.provider_sign_in import ProviderSignIn
from platone.dashboard.service.visit import Visits, WebClient
from platone.identity.context import Identity
from platone.infra.http.provider_verifier import ProviderVerifier
from platone.ledger.domain.verification import verify_proof


def made_dashboard(
    http: httpx.AsyncClient, identity: Identity, zone: str, provider: ProviderVerifier | None
) -> Dashboard:
    """Return the dashboard of a server.

    Args:
        http: The HTTP client, bound to the ASGI application in process.
        identity: Signs people in.
        zone: Zone of the site.
        provider: Checks tokens of the provider at which people sign in, if there is one.
    """
    known = identity.web_client
    client = WebClient(known.client_id, identity.web_secret, known.redirect_uri)
    elsewhere = ProviderSignIn(provider, identity.issuer) if provider is not None else None
    visits = Visits(http, client, identity.verifier, elsewhere)
    identity.on_sign_ins_ended = visits.forget
    return Dashboard(
        visits,
        checked_proof,
        base_url=identity.issuer,
        zone=zone,
        version=__version__,
    )


def checked_proof(raw: bytes) -> ProofCheck:
    """Return the check of a proof file, step by step."""
    report = verify_proof(raw)
    claims = report.claims
    values = {}
    if claims is not None:
        values = {"sealer": claims.sealer or "", "contract": claims.contract}
        values["chain"] = str(claims.chain_id)
    return ProofCheck(
        report.valid,
        tuple(
            CheckStep(each.name, each.passed, each.detail, each.applies, values.get(each.name, ""))
            for each in report.checks
        ),
        tuple(report.values),
        report.content or "",
    )
