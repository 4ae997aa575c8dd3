"""The long tail of services (Telegram, ntfy, Matrix ...), through the library Apprise.

Apprise says yes or no and neither why nor with what id: its yes is believed as "taken", never
as "delivered"; its no may hide an answer that never came, so it is UNKNOWN. Services whose yes
it takes from the status line alone are not reached through it, and redirects are refused.
"""

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.catalog import ChannelSettings, Kind
from alerts.channels.markdown import inert, text_with_link
from edge.settings import DurationS

if TYPE_CHECKING:
    from apprise import NotifyBase

AT_ONCE = 4
WAITING_MAX = 32
_BYTES_MAX = 4_000
_TITLE_LENGTH = 100
_AGAIN_S = 10.0

# Schemes that answer 200 to a refusal, by the channel of ours that reads the answer.
_OWN = {
    "dingtalk": ("dingtalk",),
    "feishu": ("feishu", "lark"),
    "wecom_bot": ("wecombot",),
    "wecom_app": ("wechat", "wecom"),
    "webhook": ("jsons?", "xmls?", "forms?"),
}
_UNBELIEVED = ("schan", "qq", "pushdeers?", "barks?")
_REFUSED = "|".join([*(name for names in _OWN.values() for name in names), *_UNBELIEVED])
_ADDRESS = re.compile(rf"(?!(?i:{_REFUSED})://)[A-Za-z][A-Za-z0-9+.-]{{1,31}}://\S{{1,460}}")
_HINT = (
    f"one Apprise URL for one recipient; for {', '.join(_OWN)} use the channel of that name, "
    "and schan, qq, pushdeer, bark are not believed"
)


class AppriseSettings(ChannelSettings):
    """How long a service may take to connect and to answer, in all."""

    timeout: DurationS = Field(default=15.0, ge=1, le=45)


class AppriseChannel:
    """Sends in a pool of four threads; what would wait behind 32 others is put off."""

    name = "apprise"

    def __init__(self, settings: AppriseSettings) -> None:
        # Only a gateway that uses it pays for its import.
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415

        # Its log lines hold parts of addresses, and an address holds its service's token.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        self._asset = AppriseAsset(http_redirects=False, app_id="Shouwang")
        self._instantiate = Apprise.instantiate
        self._instantiate("ntfy://localhost/")  # its plugins load now, not with the first alarm
        self._timeout_s = settings.timeout
        self._pool = ThreadPoolExecutor(AT_ONCE, "apprise")
        self._waiting = 0

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Send once; ACCEPTED says that Apprise found nothing wrong with the answer.

        After `timeout` the outcome is UNKNOWN; the thread is free when its service lets go.
        """
        del now_ns
        if not _ADDRESS.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, f"no address of Apprise: write {_HINT}")
        if self._waiting >= AT_ONCE + WAITING_MAX:
            return Verdict(Outcome.TEMPORARY, "too many are waiting", retry_after_s=_AGAIN_S)
        self._waiting += 1
        job = self._pool.submit(self._talk, out)
        talk = asyncio.wrap_future(job)
        talk.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(talk)
        except TimeoutError:
            if job.cancel():
                return Verdict(Outcome.TEMPORARY, "other services hold up every thread")
            return Verdict(Outcome.UNKNOWN, f"no answer in {self._timeout_s:g} s")

    async def aclose(self) -> None:
        """Nothing more is begun; what a service holds up is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _done(self, _: object) -> None:
        self._waiting -= 1

    def _talk(self, out: Outgoing) -> Verdict:
        service = self._instantiate(out.address, asset=self._asset)
        if service is None:
            return Verdict(Outcome.PERMANENT, "Apprise knows no service by this URL")
        self._bound(service)
        text = text_with_link(replace(out, text=inert(out.text)), _BYTES_MAX)
        try:
            taken = service.notify(body=text, title=inert(_title(out)))
        except Exception as error:  # noqa: BLE001  (any of 170 plugins, and a trace may show the token)
            return Verdict(Outcome.UNKNOWN, f"Apprise broke: {type(error).__name__}")
        if not taken:
            return Verdict(Outcome.UNKNOWN, "Apprise says no, and not whether it was refused")
        return Verdict(Outcome.ACCEPTED, "the service took it, as far as Apprise can tell")

    def _bound(self, service: "NotifyBase") -> None:
        """What the URL says of patience and redirects counts for nothing."""
        service.socket_connect_timeout = self._timeout_s / 2
        service.socket_read_timeout = self._timeout_s / 2
        service.redirects = False


def _title(out: Outgoing) -> str:
    return (out.text.splitlines() or [""])[0][:_TITLE_LENGTH]


KIND = Kind(
    name="apprise",
    zh="其他服务",
    en="Other services",
    settings=AppriseSettings,
    make=AppriseChannel,
    address=_ADDRESS,
    hint=_HINT,
)

EXAMPLE = "ntfy://127.0.0.1:{port}/shouwang"
