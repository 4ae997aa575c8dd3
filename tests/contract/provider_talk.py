"""A channel over HTTP that talks to a provider played on loopback."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

from alerts.channels.base import Channel, Outgoing, Verdict
from alerts.channels.caller import CallerSettings
from alerts.channels.catalog import Kind
from alerts.channels.coded import Recorded
from edge.reading import SECOND_NS
from simulators.carriers import Carrier, Rules

NOW_NS = 1_800_000_000 * SECOND_NS
HASTY = {"timeout": "1 s"}
"""For providers that hang; the others may be slow on a busy machine."""
LOOPBACK = {"private_networks": (ip_network("127.0.0.0/8"),)}
LINK = "http://127.0.0.1:8080/a/abc"
PLACE, TITLE = "1栋1单元101", "疑似长时间未用水"
TEXT = f"紧急 {PLACE}：{TITLE}\n起始：11-22 01:00\n编号：1234"
KEY = "whsec_" + "QUFB" * 8
SECRET = "0123456789abcdef"

Send = Callable[..., Awaitable[Verdict]]


def recorded(kind: Kind) -> tuple[Recorded, ...]:
    module = importlib.import_module(f"alerts.channels.{kind.name}")
    return getattr(module, "RECORDED", ())


def example(kind: Kind, port: int) -> str | None:
    """An address of `kind` that a provider on that port answers; None where it is not HTTP."""
    module = importlib.import_module(f"alerts.channels.{kind.name}")
    address = getattr(module, "EXAMPLE", None)
    return None if address is None else str(address).format(port=port)


def make(kind: Kind, port: int, folder: Path, **settings: object) -> Channel:
    (folder / "secret").write_text(SECRET)
    (folder / "key").write_text(KEY)
    url = f"http://127.0.0.1:{port}"
    own: dict[str, dict[str, object]] = {
        "wecom_app": {
            "corp_id": "ww1234",
            "agent_id": 1,
            "secret_file": folder / "secret",
            "url": url,
        },
        "sms_http": {
            "access_key_id": "LTAI0123",
            "secret_file": folder / "secret",
            "sign_name": "守望",
            "template": "SMS_1",
            "url": url,
        },
        "kannel": {
            "username": "shouwang",
            "secret_file": folder / "secret",
            "url": f"{url}/cgi-bin/sendsms",
        },
        "voice": {
            "url": f"{url}/calls",
            "secret_file": folder / "key",
            "callback_url": "http://127.0.0.1:8080",
        },
        "webhook": {"secret_file": folder / "key"},
    }
    near = LOOPBACK if issubclass(kind.settings, CallerSettings) else {}
    told = {"timeout": "5 s"} | near | own.get(kind.name, {}) | settings
    return kind.make(kind.settings.model_validate(told))


def talk(
    kind: Kind, rules: Rules, act: Callable[[Carrier, Send], Awaitable[None]], **settings: object
) -> None:
    """Let `act` send over `kind` to a carrier of these `rules`."""

    async def session(folder: Path) -> None:
        carrier = Carrier(rules, lambda: NOW_NS)
        async with carrier.serving() as port:
            channel = make(kind, port, folder, **settings)

            async def send(
                text: str = TEXT, now_ns: int = NOW_NS, address: str | None = None
            ) -> Verdict:
                data = {"link": LINK, "code": "1234", "title": TITLE, "place": PLACE}
                payload: dict[str, object] = {"data": data}
                to = address or example(kind, port)
                assert to is not None
                return await channel.send(Outgoing("n1", to, text, payload, NOW_NS), now_ns)

            await act(carrier, send)
            await channel.aclose()

    with TemporaryDirectory() as folder:
        asyncio.run(session(Path(folder)))
