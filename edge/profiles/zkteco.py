"""ZKTeco Security PUSH: lines of `rtlog` (key=value) or `ATTLOG` (columns), between tabs.

The body does not name the terminal: the intake hands it in on `http/zkteco/<SN>/<table>`. An
empty body is a heartbeat. Times have no zone and are read as UTC+8. A record is named by its
own line less PIN and card, since `index` may stay 0. A line that cannot be read costs itself.
Door 1 is `zkteco:<SN>`, door n is `zkteco:<SN>/<n>`. The codes of events and of verification,
but for event 0, come from the vendor's tables by memory and were not seen in a payload.
"""

from typing import NamedTuple

from msgspec import structs

from edge.credential import NO_CREDENTIAL, Credential, card
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    seq_of,
    vendor_id,
)
from edge.profiles.field import unnumbered, utf8, wall_clock
from edge.reading import MINUTE_NS, Kind, Quality, TimeSource
from edge.wire import RECORDS_MAX, Reason, WireError

_BASE = "http/zkteco/"
_TABLES = frozenset(("rtlog", "ATTLOG"))
_ACCESS = "door.access"
_GRANTED = (0, 1, 2, 3, 4, 5, 8)
_DENIED = (20, 21, 22, 23, 24, 25, 27, 29, 30, 33, 34, 35, 38, 41, 48)
_EVENTS = {
    **{str(code): (_ACCESS, "granted") for code in _GRANTED},
    **{str(code): (_ACCESS, "denied") for code in _DENIED},
    "28": ("door.contact", "open"),
    "100": ("device.tamper", "tampered"),
    "102": ("door.contact", "open"),
    "200": ("door.contact", "open"),
    "201": ("door.contact", "closed"),
}
_REMOTE = "8"
_METHODS = {"1": "finger", "3": "pin", "4": "card", "15": "face"}
_METHODS_ATTLOG = {"0": "pin", "1": "finger", "2": "card", "4": "card", "15": "face"}
_DIRECTIONS = {"0": "in", "1": "out"}
_COLUMNS_MIN = 4


class _Record(NamedTuple):
    """One line, without whose it was."""

    time: str
    door: str
    event: str
    method: str
    direction: str
    number: str
    credential: Credential = NO_CREDENTIAL

    def named(self) -> str:
        told = (self.time, self.door, self.event, self.method, self.direction, self.number)
        return "\t".join(told)


def _claims(topic: str, payload: bytes) -> bool:
    by_hand = topic == "" and payload.startswith(b"time=") and b"\tevent=" in payload
    return by_hand or _terminal(topic) is not None


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    terminal = _terminal(topic) if topic else ("unnamed", "rtlog")
    if terminal is None:
        raise WireError(Reason.UNKNOWN_TOPIC, "not http/zkteco/<SN>/rtlog or ATTLOG")
    serial, table = terminal
    lines = [line for line in _text(payload).splitlines() if line.strip()]
    if not lines:
        return (_heartbeat(serial, topic, received_ns),)
    if len(lines) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"{len(lines)} lines; at most {RECORDS_MAX}")
    read = _rtlog if table == "rtlog" else _attlog
    messages, refused = [], []
    for line in lines:
        try:
            messages.append(_message(serial, read(line), received_ns))
        except WireError as error:
            refused.append(error)
    return _kept(messages, refused)


def _text(payload: bytes) -> str:
    return utf8(payload) if payload else ""


def _terminal(topic: str) -> tuple[str, str] | None:
    serial, _, table = topic.removeprefix(_BASE).partition("/")
    known = topic.startswith(_BASE) and serial and table in _TABLES
    return (serial, table) if known else None


def _kept(messages: list[VendorMessage], refused: list[WireError]) -> VendorMessages:
    """The sound lines, the first of which carries the refusals of the others."""
    if not messages:
        raise refused[0]
    first = messages[0]
    rejected = (*first.rejected, *(error.rejection for error in refused))
    return (structs.replace(first, rejected=rejected), *messages[1:])


def _rtlog(line: str) -> _Record:
    pairs = dict(field.partition("=")[::2] for field in line.strip().split("\t"))
    for key in ("time", "event"):
        if key not in pairs:
            raise WireError(Reason.MISSING_KEY, f"{key!r} is missing")
    door, number = pairs.get("eventaddr", "1"), pairs.get("index", "")
    method = _METHODS.get(pairs.get("verifytype", ""), "")
    method = "remote" if pairs["event"] == _REMOTE else method
    direction = _DIRECTIONS.get(pairs.get("inoutstatus", ""), "")
    shown = card(pairs.get("cardno")) if method == "card" else NO_CREDENTIAL
    return _Record(pairs["time"], door, pairs["event"], method, direction, number, shown)


def _attlog(line: str) -> _Record:
    columns = line.strip("\r\n").split("\t")
    if len(columns) < _COLUMNS_MIN:
        raise WireError(Reason.MISSING_KEY, f"a line of ATTLOG has {_COLUMNS_MIN} columns")
    _pin, time, status, method = columns[:_COLUMNS_MIN]
    direction = _DIRECTIONS.get(status, "")
    return _Record(time, "1", "0", _METHODS_ATTLOG.get(method, ""), direction, "")


def _message(serial: str, record: _Record, received_ns: int) -> VendorMessage:
    at_ns, clock, quality = wall_clock(record.time, "time", received_ns)
    door = record.door if record.door.isascii() and record.door.isdecimal() else ""
    if not door:
        raise WireError(Reason.WRONG_TYPE, "'eventaddr' is no number of a door")
    device = vendor_id("zkteco", serial, *([door] if int(door[:9]) > 1 else []))
    sheet = Sheet(device, received_ns, at_ns, clock)
    if record.event in _EVENTS:
        channel, state = _EVENTS[record.event]
        sheet.add(Kind.DOOR, channel, state, quality=quality)
        told = (("door.method", record.method), ("door.direction", record.direction))
        for name, text in told if channel == _ACCESS else ():
            if text:
                sheet.add(Kind.DOOR, name, text, quality=quality)
    sheet.credential = record.credential
    said = record.named()
    return sheet.message(seq=seq_of(said), said=said.encode())


def _heartbeat(serial: str, topic: str, received_ns: int) -> VendorMessage:
    sheet = Sheet(vendor_id("zkteco", serial), received_ns, received_ns, TimeSource.RECEIVER)
    sheet.add(Kind.DOOR, "device.state", "up")
    minute = received_ns // MINUTE_NS
    return sheet.message(seq=unnumbered(topic, b"", minute), said=b"up %d" % minute)


PROFILE = Profile(
    name="zkteco", kinds=(Kind.DOOR, Kind.FACE), filters=(), claims=_claims, decode=_decode
)

_NOW_NS = 1_786_692_490_000_000_000
_AT_NS = 1_786_692_483_000_000_000
_SERIAL = "zkteco:CJDE193560303"
_RTLOG = "http/zkteco/CJDE193560303/rtlog"
_PASSED = (
    b"time=2026-08-14 15:28:03\tpin=123456\tcardno=0\teventaddr=1\tevent=0\tinoutstatus=1\t"
    b"verifytype=15\tindex=0\n"
)
_FACE_PASSED = (
    Expected(_SERIAL, "door.access", "granted", _AT_NS),
    Expected(_SERIAL, "door.method", "face", _AT_NS),
    Expected(_SERIAL, "door.direction", "out", _AT_NS),
)
RECORDED = (
    Recorded("a face passes, by rtlog", _RTLOG, _PASSED, _NOW_NS, _FACE_PASSED),
    Recorded(
        "a face passes, by ATTLOG",
        "http/zkteco/CJDE193560303/ATTLOG",
        b"123456\t2026-08-14 15:28:03\t1\t15\t0\t0\t0\n",
        _NOW_NS,
        _FACE_PASSED,
    ),
    Recorded(
        "a line that is cut short costs itself, and door 2 is another device",
        _RTLOG,
        _PASSED.replace(b"eventaddr=1\tevent=0", b"eventaddr=2\tevent=27") + b"time=2026-08-1",
        _NOW_NS,
        (
            Expected(f"{_SERIAL}/2", "door.access", "denied", _AT_NS),
            Expected(f"{_SERIAL}/2", "door.method", "face", _AT_NS),
            Expected(f"{_SERIAL}/2", "door.direction", "out", _AT_NS),
        ),
    ),
    Recorded(
        "a terminal in a zone behind ours cannot be told from a late one, one ahead can",
        _RTLOG,
        _PASSED.replace(b"15:28", b"16:28"),
        _NOW_NS,
        (
            Expected(_SERIAL, "door.access", "granted", _NOW_NS, Quality.CLOCK_UNSET),
            Expected(_SERIAL, "door.method", "face", _NOW_NS, Quality.CLOCK_UNSET),
            Expected(_SERIAL, "door.direction", "out", _NOW_NS, Quality.CLOCK_UNSET),
        ),
    ),
    Recorded(
        "an empty body is a heartbeat",
        _RTLOG,
        b"",
        _NOW_NS,
        (Expected(_SERIAL, "device.state", "up", _NOW_NS),),
    ),
    Recorded("no time", _RTLOG, b"pin=1\tevent=0\n", _NOW_NS, Reason.MISSING_KEY),
)
