"""Times as numbers. The driver gives times back without a time zone, in UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_OF_DRIVER = _EPOCH.replace(tzinfo=None)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


def seconds(time: datetime) -> float:
    """Unix seconds of a time that the driver gave back."""
    return (time - _EPOCH_OF_DRIVER).total_seconds()


def microseconds(time: datetime) -> int:
    """Unix microseconds of a time that the driver gave back; the unit of write times."""
    return (time - _EPOCH_OF_DRIVER) // _MICROSECOND


def milliseconds(time: datetime) -> int:
    """Unix milliseconds, rounded down, of a time with a time zone; the unit of values."""
    return (time - _EPOCH) // _MILLISECOND
