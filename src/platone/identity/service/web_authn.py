"""WebAuthn (W3C, level 3) by the library fido2: what devices are asked, and whether they said so.

Attestation is `none`: which make a device is of matters to nobody here.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from platone.identity.domain.passkey import CHALLENGE_LIFE_S, Passkey
from platone.identity.domain.problem import PasskeyRefused
from platone.identity.service.challenge import as_bytes, as_text

_SERVER_NAME = "Platone"
_ES256, _ED_DSA, _RS256 = -7, -8, -257
_ALGORITHMS = (_ES256, _ED_DSA, _RS256)
"""Algorithms of keys that are taken (COSE): those that WebAuthn says devices have in common."""
_ALGORITHM = 3
"""Label of the algorithm in a key (RFC 9052 section 7.1)."""
_VERIFIED = UserVerificationRequirement.REQUIRED
_LONGEST_ID = 1023
"""Longest identifier of a passkey, bytes (WebAuthn section 4)."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that a device has made.

    Attributes:
        id: Its identifier, base64url.
        credential: Identifier and public key.
        counter: The uses that the device counts.
        challenge: The challenge that was asked.
    """

    id: str
    credential: bytes
    counter: int
    challenge: bytes


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a passkey.

    Attributes:
        counter: The uses that the device counts.
        challenge: The challenge that it signed.
    """

    counter: int
    challenge: bytes


class WebAuthn:
    """Asks devices, and checks their answers, for the pages of one server.

    Args:
        domain: The domain that passkeys are made for; the pages' host or one above it.
        origin: The pages' address, which browsers tell devices.
    """

    def __init__(self, domain: str, origin: str) -> None:
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=_SERVER_NAME, id=domain),
            AttestationConveyancePreference.NONE,
            lambda told: told == origin,
        )
        self._server.timeout = CHALLENGE_LIFE_S * 1000  # type: ignore[assignment]  # ms or none
        self._server.allowed_algorithms = [
            PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=each)
            for each in _ALGORITHMS
        ]

    def creation(
        self, name: str, handle: str, known: Sequence[Passkey], challenge: bytes
    ) -> dict[str, Any]:
        """Return the question to a browser for a new passkey, in the standard's JSON."""
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(name=name, id=as_bytes(handle), display_name=name),
            [
                PublicKeyCredentialDescriptor(
                    type=PublicKeyCredentialType.PUBLIC_KEY, id=as_bytes(each.id)
                )
                for each in known
            ],
            ResidentKeyRequirement.REQUIRED,
            _VERIFIED,
            challenge=challenge,
        )
        return _question(options)

    def request(self, challenge: bytes) -> dict[str, Any]:
        """Return the question to a browser for a sign-in by any passkey of this domain."""
        options, _ = self._server.authenticate_begin(
            user_verification=_VERIFIED, challenge=challenge
        )
        return _question(options)

    def made(self, client_data: str, attestation: str) -> MadeKey:
        """Return the key that a device tells of.

        Raises:
            PasskeyRefused: It is none for these pages, or the person was not verified.
        """
        told = {"clientDataJSON": client_data, "attestationObject": attestation}
        try:
            challenge = _challenge(client_data)
            answer = {"rawId": "", "response": told}
            data = self._server.register_complete(_state(challenge), answer)
            made = data.credential_data
        except Exception as error:  # a stranger's bytes, and whatever the library says of them
            raise PasskeyRefused(f"The device's answer cannot be taken: {error}") from error
        if made is None or _algorithm(made.public_key) not in _ALGORITHMS:
            raise PasskeyRefused("The passkey's key is of no kind that was asked for.")
        if not 0 < len(made.credential_id) <= _LONGEST_ID:
            raise PasskeyRefused("The passkey's identifier is too long.")
        return MadeKey(as_text(made.credential_id), bytes(made), data.counter, challenge)

    def used(self, known: Passkey, answer: Mapping[str, str]) -> Use:
        """Return the use of a passkey that a device tells of.

        Raises:
            PasskeyRefused: It is none of this passkey, for these pages, or by a verified person.
        """
        client_data = answer.get("clientData", "")
        told = {
            "clientDataJSON": client_data,
            "authenticatorData": answer.get("authenticatorData", ""),
            "signature": answer.get("signature", ""),
        }
        try:
            challenge = _challenge(client_data)
            self._server.authenticate_complete(
                _state(challenge),
                [AttestedCredentialData(known.credential)],
                {"rawId": known.id, "response": told},
            )
            counter = AuthenticatorData(as_bytes(told["authenticatorData"])).counter
        except Exception as error:  # likewise
            raise PasskeyRefused(f"The device's answer cannot be taken: {error}") from error
        if not hmac.compare_digest(known.handle.encode(), answer.get("handle", "").encode()):
            raise PasskeyRefused("The passkey is of another person.")
        return Use(counter, challenge)


def _challenge(client_data: str) -> bytes:
    read = CollectedClientData(as_bytes(client_data))
    if read.cross_origin:
        raise ValueError("the page stood in a frame of another site")
    return read.challenge


def _state(challenge: bytes) -> dict[str, object]:
    """Return the state that the library holds between question and answer."""
    return {"challenge": as_text(challenge), "user_verification": _VERIFIED}


def _algorithm(key: CoseKey) -> object:
    return key.get(_ALGORITHM)


def _question(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(each) for name, each in options["publicKey"].items() if each is not None}


def _plain(value: Any) -> Any:
    """Return the library's data in what JSON knows."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return str(value.value) if hasattr(value, "value") else value
