"""What a ZKTeco terminal is told when it asks how to send: events as they happen, no people.

The push protocol begins with `GET /iclock/cdata?SN=...&options=all`; a terminal that gets no
answer in this form sends nothing. Attendance terminals are answered with options, access
controllers (`DeviceType=acc`) with a registration. Names as in the vendor's push documents.
"""

from collections.abc import Mapping
from hashlib import blake2b

_ATTENDANCE = (
    "ATTLOGStamp=None",
    "OPERLOGStamp=9999",
    "ATTPHOTOStamp=9999",
    "ErrorDelay=30",
    "Delay=30",
    "TransTimes=00:00;12:00",
    "TransInterval=1",
    "TransFlag=TransData AttLog",
    "TimeZone=8",
    "Realtime=1",
    "Encrypt=None",
)
"""Only the log of passages, all of it: what came before is known for a copy."""
_ACCESS = (
    "ServerVersion=3.1.2",
    "ServerName=shouwang",
    "PushProtVer=3.1.2",
    "ErrorDelay=30",
    "RequestDelay=30",
    "TransTimes=00:00;12:00",
    "TransInterval=1",
    "TransTables=Transaction",
    "Realtime=1",
    "TimeoutSec=10",
)


def options(serial: str, asked: Mapping[str, str]) -> str:
    """The answer to the terminal `serial`, which asked with these parameters."""
    if asked.get("DeviceType", "").lower() == "acc":
        code = blake2b(serial.encode(), digest_size=8).hexdigest()
        return "\n".join(("registry=ok", f"RegistryCode={code}", *_ACCESS)) + "\n"
    return "\n".join((f"GET OPTION FROM: {serial}", *_ATTENDANCE)) + "\n"
