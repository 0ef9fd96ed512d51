"""Errors of pictures."""

from platone.kernel.errors import Kind, PlatoneError


class PictureInstantUnknown(PlatoneError):
    """The picture is asked for at an instant that the calculation does not hold.

    Ask for the start of one of its quarter-hours, or leave the instant out: then the picture
    shows the one with the worst alarm.
    """

    slug = "picture-instant-unknown"
    title = "The calculation does not hold this instant"


class PngUnavailable(PlatoneError):
    """PNG images need a package that is not installed: `pip install ".[picture]"`.

    SVG images and pages need nothing more.
    """

    slug = "png-unavailable"
    title = "PNG images are not installed"
    kind = Kind.UNAVAILABLE
