"""What can be wrong with what the grid engine is asked."""

from platone.kernel.errors import PlatoneError


class SeriesFileInvalid(PlatoneError):
    """A CSV file of a study is not of the form that the reference page describes.

    `detail` names the file, the line and the column.
    """

    slug = "series-file-invalid"
    title = "The file is not valid"
