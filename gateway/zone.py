"""The name of a time zone, checked when the configuration is read."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def check(name: str) -> str:
    """`name` itself.

    Raises:
        ValueError: this machine knows no zone of that name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('is no zone that is known here; write one like "Asia/Shanghai"') from None
    return name


ZoneName = Annotated[str, AfterValidator(check)]
