"""Private keys in files that only their owner can read."""

import hmac
from hashlib import sha256
from pathlib import Path

from platone.infra.key_file import load_key, write_private
from platone.kernel.signature import SigningKey

_OWNER_ONLY = 0o700
"""Permissions of the folder: its owner alone enters."""


class KeyFolder:
    """The ledger's keys; those that are missing are made.

    Args:
        folder: Where they lie; its owner alone may enter it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._wallets = folder, folder / "wallets"
        for each in (folder, self._wallets):
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(_OWNER_ONLY)
        self.sealer = load_key(folder / "sealer.key")
        self.operator = load_key(folder / "operator.key")
        self.administrator = load_key(folder / "administrator.key")
        self._naming = load_key(folder / "naming.key").secret_bytes()

    def party(self, party: str) -> SigningKey:
        """Return the account of an aggregator or a requester; it is made at first use."""
        # A party's name may hold anything that a file's name may not.
        return load_key(self._folder / f"party-{sha256(party.encode()).hexdigest()[:32]}.key")

    def account(self, address: str) -> SigningKey | None:
        """Return the account of an address; none where its key is not in the folder."""
        parties = (load_key(file) for file in self._folder.glob("party-*.key"))
        own = (self.operator, self.administrator)
        return next((key for key in (*own, *parties) if key.address == address), None)

    def new_wallet(self) -> str:
        """Make a custodial wallet, and return its address."""
        key = SigningKey()
        file = self._wallets / f"{key.address}.key"
        write_private(file, key.secret_bytes().hex().encode())
        return key.address

    def name(self, purpose: str, *parts: str) -> bytes:
        """Return a keyed hash of names, 32 bytes: the same every time, and not to be guessed."""
        text = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
        return hmac.digest(self._naming, text.encode(), "sha256")
