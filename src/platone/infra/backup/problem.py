"""The problem of a backup that was not made, or cannot be used."""

from platone.kernel.errors import PlatoneError


class BackupFailed(PlatoneError):
    """A data folder was not copied or put back; `detail` says why. Nothing is left half done."""

    slug = "backup-failed"
    title = "The backup was not made, or cannot be used"
