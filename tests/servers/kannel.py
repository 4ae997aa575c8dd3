"""The real Kannel as shipped, in a folder of its own: bearerbox, smsbox and a carrier."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from tests.servers.process import Server, accepts, free_port, program

SHIPPED = Path(__file__).parents[2] / "config/kannel.conf"
PASSWORD = "sendsms-password-1"
DOOR_SECRET = "door-secret-0123456789"
SENDER = "10690001"
STRANGER = "10086"
FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
_SMSC = re.compile(r"group = smsc\n(?:.+\n)+")
_FAKE = """\
group = smsc
smsc = fake
smsc-id = CARRIER
port = {port}
connect-allow-ip = 127.0.0.1
"""
_HTTP = """\
group = smsc
smsc = http
smsc-id = CARRIER
system-type = generic
port = {port}
connect-allow-ip = 127.0.0.1
send-url = "{carrier}/submit?to=%p&from=%P&text=%b&coding=%c&id=%I"
status-success-regex = "^OK"
status-permfail-regex = "^ERR"
status-tempfail-regex = "^BUSY"
generic-foreign-id-regex = "id=([A-Za-z0-9-]+)"
"""


@dataclass
class Kannel:
    """Both boxes; `smsc_port` is where the carrier reaches them."""

    bearerbox: Server
    smsbox: Server
    smsc_port: int

    @property
    def sendsms(self) -> str:
        return f"http://127.0.0.1:{self.smsbox.port}/cgi-bin/sendsms"

    def start(self) -> None:
        self.bearerbox.start()
        self.smsbox.start()

    def kill(self) -> None:
        self.smsbox.kill()
        self.bearerbox.kill()

    def receive(self, number: str, text: str) -> None:
        """The HTTP carrier brings a text from `number`."""
        asked = f"username=&password=&from={number}&to={SENDER}&coding=2"
        said = quote(text.encode("utf-16-be"))  # Kannel hands the bytes on as they are
        httpx.get(f"http://127.0.0.1:{self.smsc_port}/?{asked}&text={said}").raise_for_status()

    def report(self, foreign_id: str, kind: int) -> None:
        """The HTTP carrier says what became of the text that it knows by `foreign_id`."""
        asked = {"username": "", "password": "", "from": SENDER, "to": "13800000000"}
        asked |= {"dlr-mid": foreign_id, "dlrmid": foreign_id, "dlr-mask": str(kind)}
        httpx.get(f"http://127.0.0.1:{self.smsc_port}/", params=asked).raise_for_status()


@contextmanager
def kannel_in(folder: Path, door: str, carrier: str | None = None) -> Iterator[Kannel]:
    """Kannel over a fakesmsc, or over the HTTP carrier at `carrier`; `door` is the gateway."""
    ports = {name: free_port() for name in ("admin", "smsbox", "sendsms", "smsc")}
    config = folder / "kannel.conf"
    config.write_text(_config(folder, ports, door, carrier), "utf-8")
    (folder / "spool").mkdir(exist_ok=True)
    boxes = {
        name: Server([str(program(name)), str(config)], ports[port], folder, accepts)
        for name, port in (("bearerbox", "smsbox"), ("smsbox", "sendsms"))
    }
    kannel = Kannel(boxes["bearerbox"], boxes["smsbox"], ports["smsc"])
    kannel.start()
    try:
        yield kannel
    finally:
        kannel.kill()


@contextmanager
def fakesmsc(kannel: Kannel, text: str = "", number: str = "13800000001") -> Iterator[Path]:
    """A carrier that takes every text and says so; its log is yielded.

    It brings `text` from `number`; it cannot bring none, so without one a stranger greets us.
    """
    program("fakesmsc", FAKESMSC)
    log = kannel.bearerbox.folder / "fakesmsc.log"
    sender, said = (number, text) if text else (STRANGER, "hello")
    message = f"{sender} {SENDER} ucs2 {quote(said.encode('utf-16-be'))}"
    once = ["-i", "1", "-m", "1"]
    command = [FAKESMSC, "-H", "127.0.0.1", "-r", str(kannel.smsc_port), *once, message]
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield log
    finally:
        process.kill()
        process.wait()


def _config(folder: Path, ports: Mapping[str, int], door: str, carrier: str | None) -> str:
    words = {
        "ADMIN_PASSWORD": "admin-password",
        "SENDSMS_PASSWORD": PASSWORD,
        "DOOR_SECRET": DOOR_SECRET,
        "SENDER_NUMBER": SENDER,
        "13000": str(ports["admin"]),
        "13001": str(ports["smsbox"]),
        "13013": str(ports["sendsms"]),
        "http://127.0.0.1:8080": door,
        "/var/log/kannel": str(folder),
        "/var/spool/kannel": f"{folder}/spool",
        "sms-resend-freq = 20": "sms-resend-freq = 1",
        "http-queue-delay = 10": "http-queue-delay = 1",
    }
    text = SHIPPED.read_text("utf-8")
    for shipped, ours in words.items():
        assert shipped in text, shipped
        text = text.replace(shipped, ours)
    smsc = (_HTTP if carrier else _FAKE).format(port=ports["smsc"], carrier=carrier)
    return _SMSC.sub(lambda _: smsc, text)
