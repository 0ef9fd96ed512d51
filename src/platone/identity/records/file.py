"""Files of identity's folder: transport keys, the token key, the credentials file."""

from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey

from platone.identity.records.pem import key_bytes, read_key
from platone.infra.http.security import ALGORITHM
from platone.infra.key_file import check_private, write_private
from platone.infra.mqtt.tls import TlsFiles
from platone.messages.identity import CredentialsFile


class TlsStore:
    """The key pairs that the server holds itself, two files each.

    Args:
        folder: Where they are.
        authority: The authority's certificate.
    """

    def __init__(self, folder: Path, authority: Path) -> None:
        self._folder = folder
        self._authority = authority

    def files(self, name: str) -> TlsFiles:
        """Return where the files of a name are."""
        return TlsFiles(
            self._authority, self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        )

    def current(self, name: str) -> x509.Certificate | None:
        """Return the stored certificate of a name, if its key belongs to it; else None."""
        files = self.files(name)
        if not files.certificate.exists() or not files.key.exists():
            return None
        try:
            certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
            key = read_key(files.key)
        except ValueError:  # a damaged file is made anew
            return None
        return certificate if certificate.public_key() == key.public_key() else None

    def save(
        self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> None:
        """Store a key and its certificate; broken off between both, they are made anew."""
        files = self.files(name)
        write_private(files.key, key_bytes(key))
        write_private(files.certificate, certificate.public_bytes(Encoding.PEM))


def token_key(file: Path) -> ECKey:
    """Return the key that signs tokens, a JWK; a new one where there is no file yet.

    Raises:
        KeyFileUnsafe: Others than its owner may read the file.
    """
    if not file.exists():
        made = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        write_private(file, msgspec.json.encode(made.as_dict(private=True)))
    check_private(file)
    return ECKey.import_key(msgspec.json.decode(file.read_bytes(), type=dict[str, str | list[str]]))


class CredentialsStore:
    """The file that tells the clients' secrets to their owner; readable by its owner only.

    Args:
        file: Where it is, ``credentials.json``.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> CredentialsFile | None:
        """Return the credentials in the file; None where there is no file."""
        if not self.file.exists():
            return None
        check_private(self.file)
        return msgspec.json.decode(self.file.read_bytes(), type=CredentialsFile)

    def write(self, credentials: CredentialsFile) -> None:
        """Replace the file by these credentials, all at once."""
        write_private(self.file, msgspec.json.format(msgspec.json.encode(credentials)) + b"\n")

    def forget(self, client_id: str) -> None:
        """Take a client's secret, which is void, out of the file; where there is none: nothing."""
        stored = self.read()
        if stored is None:
            return
        kept = [each for each in stored.clients if each.client_id != client_id]
        if len(kept) != len(stored.clients):
            self.write(msgspec.structs.replace(stored, clients=kept))
