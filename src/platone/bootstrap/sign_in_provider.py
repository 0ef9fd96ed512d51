"""The OpenID Connect provider that a server's settings name."""

from pathlib import Path

from platone.infra.http.provider import Provider, ProviderRules
from platone.infra.http.provider_verifier import ProviderVerifier
from platone.infra.key_file import check_private
from platone.messages.base import Role
from platone.settings import SettingInvalid, Settings


def provider_of(settings: Settings) -> ProviderVerifier | None:
    """Return the verifier of the provider that settings name; None where they name none.

    Raises:
        SettingInvalid: A file that is named cannot be read, or a role is none.
        KeyFileUnsafe: Others may read the file of the secret.
    """
    if not settings.oidc_issuer:
        return None
    secret = Path(settings.oidc_secret_file)
    try:
        check_private(secret)
        rules = ProviderRules(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=secret.read_text("utf-8").strip(),
            audience=settings.oidc_audience,
            party_claim=settings.oidc_party_claim,
            roles_claim=settings.oidc_roles_claim,
            name_claim=settings.oidc_name_claim,
            roles=_roles(settings.oidc_roles),
            parties=frozenset(_listed(settings.oidc_parties)),
        )
        ca_file = Path(settings.oidc_ca) if settings.oidc_ca else None
        return ProviderVerifier(Provider(rules, ca_file))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"oidc_secret_file or oidc_ca cannot be read: {error}.") from error


def _roles(text: str) -> dict[str, Role]:
    """Return our roles by the provider's names of them, from `theirs:Ours` with commas between."""
    if not text:
        return {role.value: role for role in Role}
    ours = {role.value: role for role in Role}
    found = {}
    for each in _listed(text):
        theirs, _, name = each.rpartition(":")
        if not theirs or name not in ours:
            raise SettingInvalid(f"oidc_roles: {each!r} is not as theirs:{next(iter(ours))}.")
        found[theirs] = ours[name]
    return found


def _listed(text: str) -> list[str]:
    return [name for each in text.split(",") if (name := each.strip())]
