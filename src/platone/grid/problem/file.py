"""Errors of CSV and JSON files that hold series, measurements or metering."""

from platone.kernel.errors import PlatoneError


class SeriesFileInvalid(PlatoneError):
    """A CSV file of a study is not of the form that the reference page describes.

    `detail` names the file, the line and the column.
    """

    slug = "series-file-invalid"
    title = "The file is not valid"


class MeasurementFileInvalid(PlatoneError):
    """A file of measurements is not of the form that the reference page describes.

    `detail` names the field, or the line of a CSV file.
    """

    slug = "measurement-file-invalid"
    title = "The file of measurements is not valid"


class MeteringInvalid(PlatoneError):
    """Metering cannot be read: a column, a time or a number is not as documented.

    `detail` names the line or the consumer. Times carry their zone and lie on whole
    quarter-hours; the unit stands in the column's name.
    """

    slug = "metering-invalid"
    title = "The metering cannot be read"
