"""What a provider tells us at our own door, and how its calls are known to be its own.

A channel whose provider calls back names in its KIND how its `Callback` is made. The door
bounds, counts and commits; a callback only knows the caller and reads. It is total: any
request at all gives news or a typed refusal.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl

from pydantic import Field

from alerts.channels import secret
from alerts.channels.base import Inbound, Receipt
from edge.settings import Settings

FIELDS_MAX = 32
NEWS_MAX = 200


class Refusal(StrEnum):
    """Why a call is not listened to."""

    STRANGER = "stranger"  # it proves no secret of ours
    MALFORMED = "malformed"  # its secret is right, its words are not


class Refused(Exception):  # noqa: N818  (the call is at fault, nothing of ours)
    """The call is not listened to; the message tells what was wrong, and no secret."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Call:
    """One request at our door: `path` is what stands behind the channel's name.

    `query` is as it came, still quoted. `headers` have lower-case names.
    """

    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def asked(self, encoding: str = "utf-8") -> dict[str, str]:
        """The query's fields, the last of each name; "latin-1" gives one character a byte.

        Raises:
            Refused: there are more than 32.
        """
        try:
            pairs = parse_qsl(
                self.query,
                keep_blank_values=True,
                encoding=encoding,
                errors="replace",
                max_num_fields=FIELDS_MAX,
            )
        except ValueError:
            raise Refused(Refusal.MALFORMED, f"more than {FIELDS_MAX} fields") from None
        return dict(pairs)


@dataclass(frozen=True, slots=True)
class Heard:
    """The news in a call, at most 200, and the body that the provider waits for as our yes.

    `unread` are those parts of it that cannot be read, although the call as a whole can.
    """

    news: tuple[Receipt | Inbound, ...]
    answer: str = ""
    unread: tuple[bytes, ...] = ()


class Callback(Protocol):
    """The reader of one provider's calls."""

    def read(self, call: Call, now_ns: int) -> Heard:
        """The news in `call`; the same call gives the same news, under the same names.

        Raises:
            Refused: it is not from the provider, or cannot be read.
        """
        ...


class CallbackSettings(Settings):
    """Where the provider reaches our door, and the file of the secret that it shows there.

    `url` is this gateway as the provider sees it, without a path.
    """

    url: str = Field(pattern=r"^https?://[^\s/?#]+$", max_length=200)
    secret_file: Path

    def secret(self) -> str:
        """The secret that every call bears in its path.

        Raises:
            ConfigError: the file is missing, or no path could hold what is in it.
        """
        return secret.read_for_path(self.secret_file).get_secret_value()

    def door(self, channel: str) -> str:
        """The URL below which `channel` is called; it holds the secret, so it is never logged.

        Raises:
            ConfigError: as `secret`.
        """
        return f"{self.url}/in/{channel}/{self.secret()}"


def behind(own: str, call: Call) -> str:
    """The path behind our `own` secret, which it must begin with.

    Raises:
        Refused: it begins with another.
    """
    shown, _, rest = call.path.partition("/")
    if not hmac.compare_digest(shown.encode(), own.encode()):
        raise Refused(Refusal.STRANGER)
    return rest
