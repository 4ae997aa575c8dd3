"""What robots of group chats have in common: an address that is a key, and one POST of JSON."""

import re
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

import msgspec
from pydantic import Field, SecretStr

from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.coded import Codes


class SigningSettings(CallerSettings):
    """`secrets` holds each signing robot's secret by the end of the token in its address.

    A robot that is not in it must be secured by `keyword`, which stands in every title, or by
    our network address.
    """

    secrets: dict[str, SecretStr] = Field(default_factory=dict, max_length=100)
    keyword: str = Field(default="守望", max_length=20)

    def secret(self, token: str) -> SecretStr | None:
        """The secret of the robot with that token; None when it does not sign."""
        found = (secret for end, secret in self.secrets.items() if token.endswith(end))
        return next(found, None)


S = TypeVar("S", bound=CallerSettings)


class Robot(ABC, Generic[S]):
    """Posts to the robots of one service, and believes nothing but its codes.

    `address` is what their addresses look like, and `hint` says it in words.
    """

    name: ClassVar[str]
    codes: ClassVar[Codes]
    address: ClassVar[re.Pattern[str]]
    hint: ClassVar[str]

    def __init__(self, settings: S) -> None:
        self._settings = settings
        self._caller = Caller(settings)

    @abstractmethod
    def message(
        self, out: Outgoing, parts: re.Match[str], now_ns: int
    ) -> tuple[str, dict[str, object]]:
        """The URL and the JSON of `out` for the robot whose address gave `parts`."""

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Post once; ACCEPTED only when the service's own code says so."""
        parts = self.address.fullmatch(out.address)
        if parts is None:
            return Verdict(Outcome.PERMANENT, f"no robot's address: write {self.hint}")
        url, message = self.message(out, parts, now_ns)
        headers = {"content-type": "application/json"}
        request = Request(url, msgspec.json.encode(message), headers)
        return await self._caller.call(request, self.codes.judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()
