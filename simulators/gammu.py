"""The real gammu-smsd, run in a folder of its own: with its dummy phone or any AT modem.

The dummy phone is a directory: it never refuses a text, texts to us and delivery reports
are files dropped into it, and every text it sends has the message reference 255.
"""

import gzip
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from edge.reading import SECOND_NS

STOP_S_MAX = 5.0
_DUMMY_CENTRE = "123456"  # the message centre that the dummy phone's reports name
_SCHEMAS = tuple(
    Path(f"/usr/share/doc/{package}/examples/{name}")
    for package in ("gammu-smsd", "gammu")
    for name in ("sqlite.sql", "sqlite.sql.gz", "sql/sqlite.sql", "sql/sqlite.sql.gz")
)
_CONFIG = """\
[gammu]
connection = {connection}
model = {model}
port = {port}
gammuloc = /dev/null
synchronizetime = no

[smsd]
service = sql
driver = sqlite3
dbdir = {folder}/
database = smsd.db
phoneid = shouwang
skipsmscnumber = {centre}
logfile = {folder}/smsd.log
deliveryreport = sms
maxretries = 1
retrytimeout = 1
receivefrequency = 1
statusfrequency = 2
loopsleep = 1
commtimeout = 3
sendtimeout = 8
checksecurity = 0
checkbattery = 0
checksignal = 0
hangupcalls = 0
"""
_BACKUP = """\
[SMSBackup000]
PDU = {kind}
SMSC = "{centre}"
DateTime = {at}
State = UnRead
Number = "{number}"
NumberUnicode = {number_hex}
Text00 = {text_hex}
Coding = Unicode_No_Compression
Folder = 1
Length = {length}
Class = -1
MessageReference = 255
"""


class Missing(Exception):  # noqa: N818  (a state of the machine)
    """A program or its schema is not installed; the message names the packages."""


@dataclass(frozen=True, slots=True)
class Modem:
    """What the daemon talks to: an AT device at `port`, with its network's message centre."""

    port: Path
    centre: str


class GammuSmsd:
    """One daemon and its database `folder/smsd.db`; without `modem` it has the dummy phone."""

    def __init__(self, folder: Path, modem: Modem | None = None) -> None:
        self.database = folder / "smsd.db"
        self._folder = folder
        self._phone = folder / "phone" / "sms" / "1"
        self._files = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._program = _program()
        folder.mkdir(parents=True, exist_ok=True)
        self._phone.mkdir(parents=True, exist_ok=True)
        self._config = folder / "gammu-smsdrc"
        self._config.write_text(_config(folder, modem), "utf-8")
        if not self.database.exists():
            with closing(sqlite3.connect(self.database)) as db:
                db.executescript(_schema())

    def start(self) -> None:
        """The daemon runs; it needs a second or so until it looks at its tables."""
        command = [self._program, "-c", str(self._config)]
        quiet = subprocess.DEVNULL
        # The program was found on PATH and every argument is ours.
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet)  # noqa: S603

    def kill(self) -> None:
        """The daemon has died as by a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """The daemon has ended, by force if it did not end in 5 s."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def receive(self, number: str, text: str, now_ns: int) -> None:
        """The dummy phone has a text from `number`, and the daemon will find it."""
        self._drop("Deliver", number, text, now_ns)

    def report(self, number: str, word: str, now_ns: int) -> None:
        """The dummy phone has a status report: `Delivered`, `Failed` or `Pending`."""
        self._drop("Status_Report", number, word, now_ns)

    def _drop(self, kind: str, number: str, text: str, now_ns: int) -> None:
        at = datetime.fromtimestamp(now_ns // SECOND_NS, tz=UTC)
        backup = _BACKUP.format(
            kind=kind,
            centre=_DUMMY_CENTRE,
            at=f"{at:%Y%m%dT%H%M%SZ}",
            number=number,
            number_hex=_hex(number),
            text_hex=_hex(text),
            length=len(_hex(text)) // 4,
        )
        # Renamed into place, so that the daemon never reads half a file.
        draft = self._folder / "draft.smsbackup"
        draft.write_text(backup, "ascii")
        draft.rename(self._phone / str(next(self._files)))


def _program() -> str:
    program = shutil.which("gammu-smsd")
    if program is None:
        raise Missing("gammu-smsd is not here: apt-get install gammu-smsd libdbd-sqlite3")
    return program


def _config(folder: Path, modem: Modem | None) -> str:
    known = (
        {"connection": "none", "model": "dummy", "port": folder / "phone", "centre": _DUMMY_CENTRE}
        if modem is None
        else {"connection": "at", "model": "", "port": modem.port, "centre": modem.centre}
    )
    return _CONFIG.format(folder=folder, **known)


def _schema() -> str:
    for path in _SCHEMAS:
        if path.exists():
            raw = path.read_bytes()
            return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    raise Missing("the SQLite schema of gammu-smsd is not among its examples: install gammu-smsd")


def _hex(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()
