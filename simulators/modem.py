"""A GSM modem on a pseudo-terminal, with enough AT and PDU for gammu-smsd.

It runs in the event loop of its owner, who sets its `mode` between calls and reads what
was submitted; a real daemon on the other end cannot tell it from a serial device.
"""

import asyncio
import os
import pty
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self

from edge.clock import Clock
from edge.reading import SECOND_NS

CENTRE = "+8613800100500"
STORE_MAX = 50

_OK = "\r\nOK\r\n"
_ERROR = "\r\nERROR\r\n"
_NOT_FOUND = "\r\n+CMS ERROR: 321\r\n"
_FIXED = {
    "AT+CGMI": "FAKE",
    "AT+CGMM": "PTYMODEM",
    "ATI": "PTYMODEM",
    "AT+CGMR": "1.0",
    "AT+CGSN": "356938035643809",
    "AT+CIMI": "460001234567890",
    "AT+CPIN?": "+CPIN: READY",
    "AT+CSQ": "+CSQ: 20,99",
    "AT+CBC": "+CBC: 0,100",
    "AT+CREG?": "+CREG: 2,1",
    "AT+CGREG?": "+CGREG: 2,1",
    "AT+COPS?": '+COPS: 0,2,"46000"',
    "AT+CSCS=?": '+CSCS: ("GSM","UCS2")',
    "AT+CSCS?": '+CSCS: "GSM"',
    "AT+CMGF=?": "+CMGF: (0,1)",
    "AT+CMGF?": "+CMGF: 0",
    "AT+CSCA?": f'+CSCA: "{CENTRE}",145',
    "AT+CSMS?": "+CSMS: 0,1,1,1",
    "AT+CPMS=?": '+CPMS: ("SM"),("SM"),("SM")',
    "AT+CNMI=?": "+CNMI: (0-3),(0-3),(0-3),(0-2),(0-1)",
}
_SILENTLY_OK = (
    "AT+CNMI",
    "AT+CMEE",
    "AT+CSCS=",
    "AT+CREG=",
    "AT+CGREG=",
    "AT+CMGF=",
    "AT+CSMS=",
    "AT+CLIP",
    "AT+CSDH",
    "AT+CFUN",
    "ATE",
    "ATZ",
    "AT&F",
    "ATQ",
    "ATV",
    "AT+CRC",
)


class Mode(StrEnum):
    """What happens to the next submitted text.

    OK: taken. CMS38: refused, network out of order. SLOW: taken, answered `slow_s` late.
    HANG: taken, never answered.
    """

    OK = "ok"
    CMS38 = "cms38"
    SLOW = "slow"
    HANG = "hang"


class Submitted(NamedTuple):
    """One text as the modem got it, whatever it then answered."""

    number: str
    text: str


@dataclass(slots=True)
class _Stored:
    pdu: str
    read: bool = False


class FakeModem:
    """A modem whose device file is `link`; use it as an async context.

    Every text it takes is reported delivered when `reports` is true.
    """

    def __init__(self, link: Path, clock: Clock) -> None:
        self.mode = Mode.OK
        self.slow_s = 12.0
        self.reports = True
        self.submitted: list[Submitted] = []
        self._link = link
        self._clock = clock
        self._master = -1
        self._slave = -1
        self._line = ""
        self._awaiting_pdu = False
        self._reference = 0
        self._store: dict[int, _Stored] = {}

    async def __aenter__(self) -> Self:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(self._slave))
        asyncio.get_running_loop().add_reader(self._master, self._read)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._link.unlink(missing_ok=True)

    def receive(self, number: str, text: str) -> None:
        """A text from `number` is in the modem's memory, unread."""
        body = text.encode("utf-16-be")
        self._keep(f"0004{_address(number)}0008{self._stamp()}{len(body):02X}{body.hex().upper()}")

    def _keep(self, pdu: str) -> None:
        free = next((slot for slot in range(1, STORE_MAX + 1) if slot not in self._store), None)
        if free is not None:  # a full SIM refuses, as a real one does
            self._store[free] = _Stored(pdu)

    def _read(self) -> None:
        with suppress(OSError):
            for char in os.read(self._master, 4096).decode("latin-1"):
                self._take(char)

    def _take(self, char: str) -> None:
        if not self._awaiting_pdu:
            self._write(char)  # gammu counts on the echo
        if self._awaiting_pdu and char in "\x1a\x1b":
            pdu, self._line, self._awaiting_pdu = self._line.strip(), "", False
            if char == "\x1a":
                self._submit(pdu)
            else:
                self._write(_OK)
        elif char in "\r\n" and not self._awaiting_pdu:
            command, self._line = self._line.strip(), ""
            if command:
                self._write(self._answer(command.upper()))
        else:
            self._line += char

    def _answer(self, command: str) -> str:
        if command in _FIXED:
            return f"\r\n{_FIXED[command]}\r\n{_OK}"
        for prefix, answer in self._commands():
            if command.startswith(prefix):
                return answer(command[len(prefix) :])
        return _OK if command == "AT" or command.startswith(_SILENTLY_OK) else _ERROR

    def _commands(self) -> tuple[tuple[str, Callable[[str], str]], ...]:
        return (
            ("AT+CPMS", self._memory),
            ("AT+CMGL", self._list),
            ("AT+CMGR=", self._fetch),
            ("AT+CMGD=", self._delete),
            ("AT+CMGS=", self._prompt),
        )

    def _memory(self, rest: str) -> str:
        used = f"{len(self._store)},{STORE_MAX}"
        three = ",".join(f'"SM",{used}' if rest == "?" else used for _ in range(3))
        return f"\r\n+CPMS: {three}\r\n{_OK}"

    def _list(self, _rest: str) -> str:
        rows = [_row(f"+CMGL: {slot},", kept) for slot, kept in sorted(self._store.items())]
        return "".join(rows) + _OK

    def _fetch(self, rest: str) -> str:
        kept = self._store.get(int(rest))
        if kept is None:
            return _NOT_FOUND
        row = _row("+CMGR: ", kept)
        kept.read = True
        return row + _OK

    def _delete(self, rest: str) -> str:
        self._store.pop(int(rest.partition(",")[0]), None)
        return _OK

    def _prompt(self, _rest: str) -> str:
        self._awaiting_pdu = True
        return "\r\n> "

    def _submit(self, pdu: str) -> None:
        number, text = _parsed(pdu)
        self.submitted.append(Submitted(number, text))
        if self.mode is Mode.CMS38:
            self._write("\r\n+CMS ERROR: 38\r\n")
        elif self.mode is not Mode.HANG:
            wait_s = self.slow_s if self.mode is Mode.SLOW else 0.0
            asyncio.get_running_loop().call_later(wait_s, self._accept, number)

    def _accept(self, number: str) -> None:
        self._reference = (self._reference + 1) % 256
        self._write(f"\r\n+CMGS: {self._reference}\r\n{_OK}")
        if self.reports:
            at = self._stamp()
            self._keep(f"0006{self._reference:02X}{_address(number)}{at}{at}0000")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            os.write(self._master, text.encode("latin-1"))

    def _stamp(self) -> str:
        """The service centre's time stamp (3GPP TS 23.040, 9.2.3.11), in UTC."""
        at = datetime.fromtimestamp(self._clock.now_ns() // SECOND_NS, tz=UTC)
        return _swapped(f"{at:%y%m%d%H%M%S}00")


def _row(head: str, kept: _Stored) -> str:
    length = len(kept.pdu) // 2 - 1  # without the empty service centre
    return f"\r\n{head}{int(kept.read)},,{length}\r\n{kept.pdu}\r\n"


def _parsed(pdu: str) -> tuple[str, str]:
    """Number and text of an SMS-SUBMIT in UCS-2 (3GPP TS 23.040, 9.2.2.2)."""
    raw = bytes.fromhex(pdu)
    at = 1 + raw[0]  # behind the service centre's address
    validity = (0, 7, 1, 7)[raw[at] >> 3 & 3]
    digits = raw[at + 2]
    end = at + 4 + (digits + 1) // 2
    number = _swapped(raw[at + 4 : end].hex())[:digits]
    length = raw[end + 2 + validity]
    body = raw[end + 3 + validity : end + 3 + validity + length]
    return number, body.decode("utf-16-be")


def _address(number: str) -> str:
    digits = number.removeprefix("+")
    kind = "91" if number.startswith("+") else "81"
    return f"{len(digits):02X}{kind}{_swapped(digits + 'F' * (len(digits) % 2))}"


def _swapped(digits: str) -> str:
    """Semi-octets: each pair in reverse."""
    return "".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2)).upper()
