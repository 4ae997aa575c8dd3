"""What was refused is kept for whoever mends it, less what is a person's or a secret.

A payload that cannot be read is not understood either: it is gone through as bytes, and what stands
under a name of the list is struck out, in JSON, XML and `key=value`, whole or cut off.
"""

import re
from functools import lru_cache

_KEYS = (
    "cardno", "card_no", "cardnumber", "cardname", "password", "passwd", "pin", "pincode", "name",
    "username", "personname", "employeename", "employeeno", "employeenostring", "cardholder",
    "holder", "userid", "user_id", "idcard", "idnumber", "phone", "mobile", "picture",
    "pictureurl", "picurl", "faceurl", "image", "imageurl", "snapurl", "snapshot", "faceimage",
    "facetemplate", "template", "visibletoken", "visiblelightpicurl", "sub_label",
)  # fmt: skip
_NAMES = "|".join(_KEYS).encode()
_STRUCK = rb"-"
_JSON = re.compile(
    rb'(?i)("(?:'
    + _NAMES
    + rb')"\s*:\s*)(?:"(?:[^"\\]|\\.)*+"?|[-+.\w]++|\[[^\]]*+\]?|\{[^}]*+\}?)',
    re.DOTALL,
)
_XML = re.compile(rb"(?i)(<(?:" + _NAMES + rb")>)[^<]*+")
_PAIR = re.compile(rb"(?i)((?:^|[\t\r\n&?; ])(?:" + _NAMES + rb")=)[^\t\r\n&;]*+")
_TOKEN = re.compile(rb'\{[^{}]*"door\.token"[^{}]*\}?')
_FIRST_COLUMN = re.compile(rb"(?m)^[^\t\r\n]*+")
_BUS, _BUS_HEADER_BYTES = "bus/osdp/", 6


@lru_cache(maxsize=1)
def redacted(topic: str, payload: bytes) -> bytes:
    """`payload`, which came on `topic`, without cards, codes, names and pictures.

    The last one is remembered: a message of a thousand strangers is refused a thousand times.
    Of a frame from the bus of a reader only the header is left: the rest may be a card.
    """
    if topic.startswith(_BUS) and payload[:1] != b"{":
        return payload[:_BUS_HEADER_BYTES]
    if topic.endswith("/ATTLOG"):
        return _FIRST_COLUMN.sub(_STRUCK, payload)
    payload = _TOKEN.sub(b'{"n":"door.token"}', payload)
    payload = _JSON.sub(rb'\1"-"', payload)
    return _PAIR.sub(rb"\1-", _XML.sub(rb"\1-", payload))
