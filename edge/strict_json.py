"""JSON without its holes: any bytes become one unambiguous value, or a JsonError.

Standard parsers accept byte order marks, let the last of two equal keys win, follow any
depth and die of long numbers. This one is slow and exact; it judges what a fast parser
could not vouch for. Numbers beyond a float and NaN come out non-finite: whoever reads a
number must test it, so that one bad number costs one record and not the whole message.
"""

import json
import re
from enum import StrEnum
from typing import Any

BYTES_MAX = 256 * 1024
DEPTH_MAX = 8
_INT_DIGITS_MAX = 20
# A string, closed or cut short, so that every match succeeds and the scan stays linear.
_STRING = r'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)'
_TOKEN = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
_DEPTH_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class Fault(StrEnum):
    """Why bytes are not strict JSON."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"


class JsonError(ValueError):
    """The bytes are not strict JSON; `fault` says which rule they break."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail


def parse(payload: bytes) -> Any:
    """The value that `payload` holds.

    Raises:
        JsonError: it is empty, over 256 KiB, not UTF-8 (lone surrogates included), not JSON,
            nested more than 8 deep, or an object in it has a key twice.
    """
    check_size(payload)
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise JsonError(Fault.NOT_UTF8, f"byte {error.start}: {error.reason}") from None
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError(Fault.NOT_JSON, f"{error.msg} at {error.pos}") from None
    _check_surrogates(text, value)
    return value


def check_size(payload: bytes) -> None:
    """Return when `payload` has 1 to 262,144 bytes.

    Raises:
        JsonError: it has not.
    """
    if not payload:
        raise JsonError(Fault.EMPTY, "no bytes")
    if len(payload) > BYTES_MAX:
        raise JsonError(Fault.TOO_LARGE, f"{len(payload)} bytes; at most {BYTES_MAX}")


def _check_depth(text: str) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += _DEPTH_STEPS.get(match[0], 0)
        if depth > DEPTH_MAX:
            raise JsonError(Fault.TOO_DEEP, f"nested over {DEPTH_MAX} deep at {match.end()}")


def _check_surrogates(text: str, value: Any) -> None:
    if "\\u" not in text:
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise JsonError(Fault.NOT_UTF8, "a lone surrogate in a string") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise JsonError(Fault.DUPLICATE_KEY, f"{key[:40]!r} occurs twice")
        members[key] = value
    return members


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _INT_DIGITS_MAX else float(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)
