"""The aggregators whose platform runs in this server; others run a platform of their own."""

from collections.abc import Collection

from platone.settings import SettingInvalid, Settings


def tenants(settings: Settings, known: Collection[str] | None = None) -> list[str]:
    """Return the aggregators that a server's settings name.

    Args:
        settings: The settings.
        known: The parties that call others by themselves; none where they are made by this name.

    Raises:
        SettingInvalid: There is no such party.
    """
    names = [name for each in settings.aggregators.split(",") if (name := each.strip())]
    unknown = sorted(set(names) - set(names if known is None else known))
    if unknown:
        raise SettingInvalid(f"aggregators: there is no party {', '.join(unknown)}.")
    return names
