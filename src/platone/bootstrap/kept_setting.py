"""The settings that what a data folder holds rests on: a command on it counts as its server did."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from platone.bootstrap.problem import ServerFailed
from platone.infra.key_file import write_private
from platone.messages.base import Message
from platone.settings import DEFAULT, Settings, load_settings, traced_settings

KEPT_FILE = "started-with.json"
"""The file of a data folder that tells them."""


class KeptSettings(Message):
    """The settings that a data folder remembers of its server's last start.

    Attributes:
        zone: IANA zone of the market day, in which months begin.
        chain_id: Number of the chain (EIP-155).
        ledger_network: The node of the network on which the contracts live; empty: none.
        ledger_network_ca: The authorities that it is trusted by.
        ledger_confirmations: From how many blocks on a transaction there counts.
    """

    zone: str
    chain_id: int
    ledger_network: str = ""
    ledger_network_ca: str = ""
    ledger_confirmations: int = 1


_NAMES = [field.name for field in msgspec.structs.fields(KeptSettings)]


def remember_settings(settings: Settings) -> None:
    """Write down in a data folder what its server was started with."""
    told = KeptSettings(**{name: getattr(settings, name) for name in _NAMES})
    file = settings.data / KEPT_FILE
    text = msgspec.json.format(msgspec.json.encode(told), indent=1)
    if not file.exists() or file.read_bytes() != text:
        write_private(file, text)


def settings_of_folder(config: Path | None, data: Path | None) -> Settings:
    """Return settings for a command on a data folder.

    What neither the file nor the environment says is taken from what the folder's server was
    started with, and only then from the defaults.

    Args:
        config: TOML file with the server's settings; none: no file.
        data: The data folder; none: that of the settings.

    Raises:
        SettingInvalid: A setting is unknown or has no sense.
        ServerFailed: The folder's own file cannot be read.
    """
    settings, source = traced_settings(config, data=data)
    kept = _kept(settings.data)
    unsaid = {name: value for name, value in kept.items() if source[name] == DEFAULT}
    return load_settings(config, data=data, **unsaid)


def _kept(data: Path) -> Mapping[str, str | int]:
    """Return the settings that a folder remembers, by name; none of a folder without the file."""
    file = data / KEPT_FILE
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        told = msgspec.json.decode(text, type=KeptSettings)
    except msgspec.DecodeError as error:
        raise ServerFailed(f"{file} cannot be read: {error}.") from error
    return {name: getattr(told, name) for name in _NAMES}
