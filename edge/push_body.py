"""What is kept of a pushed body: its text, up to a limit; never a picture.

A multipart body is read as it comes in: its first JSON, XML or plain text part is kept, all
other parts are dropped unread, so that faces at a door are not even in memory.
"""

from typing import Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from edge.wire import PAYLOAD_BYTES_MAX

PARTS_MAX = 16


class BodyRefused(Exception):  # noqa: N818  (what came in, not a fault of ours)
    """The body cannot be used; `reason` says why, in one word for a counter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Body(Protocol):
    """Takes a body piece by piece, and keeps no more than it has to."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece; a refusal shows in `text` only."""
        ...

    def text(self) -> bytes:
        """What was kept, once all is fed; raises BodyRefused."""
        ...


class Whole:
    """A body that is kept as it is."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._too_large = False

    def feed(self, piece: bytes) -> None:
        """Keep the piece, unless the limit is passed: then nothing is."""
        self._too_large |= len(self._kept) + len(piece) > PAYLOAD_BYTES_MAX
        if self._too_large:
            self._kept.clear()
        else:
            self._kept += piece

    def text(self) -> bytes:
        """The body; raises BodyRefused when it was too large."""
        if self._too_large:
            raise BodyRefused("too_large")
        return bytes(self._kept)


class FirstText:
    """A multipart body, of which the first text part is kept."""

    def __init__(self, boundary: bytes) -> None:
        self._kept = Whole()
        self._name = bytearray()
        self._value = bytearray()
        self._type = b""
        self._parts = 0
        self._keeping = self._found = self._ended = self._broken = False
        try:
            self._parser = MultipartParser(boundary, {
                "on_part_begin": self._begin, "on_header_field": self._field,
                "on_header_value": self._add, "on_header_end": self._header,
                "on_headers_finished": self._headers, "on_part_data": self._part,
                "on_part_end": self._part_end, "on_end": self._end,
            })  # fmt: skip
        except FormParserError:
            self._broken = True

    def feed(self, piece: bytes) -> None:
        """Look through the piece; after a break in the form the rest is ignored."""
        if self._broken:
            return
        try:
            self._parser.write(piece)
        except FormParserError:
            self._broken = True

    def text(self) -> bytes:
        """The text part; raises BodyRefused when the form is broken, cut, or holds none."""
        if self._broken or not self._ended or self._parts > PARTS_MAX:
            raise BodyRefused("bad_multipart")
        if not self._found:
            raise BodyRefused("no_text_part")
        return self._kept.text()

    def _begin(self) -> None:
        self._parts += 1
        self._broken |= self._parts > PARTS_MAX
        self._type = b""

    def _field(self, piece: bytes, start: int, end: int) -> None:
        self._name += piece[start:end]

    def _add(self, piece: bytes, start: int, end: int) -> None:
        self._value += piece[start:end]

    def _header(self) -> None:
        if self._name.lower() == b"content-type":
            self._type = bytes(self._value).strip().lower()
        self._name.clear()
        self._value.clear()

    def _headers(self) -> None:
        self._keeping = not self._found and _is_text(self._type)
        self._found |= self._keeping

    def _part(self, piece: bytes, start: int, end: int) -> None:
        if self._keeping:
            self._kept.feed(piece[start:end])

    def _part_end(self) -> None:
        self._keeping = False

    def _end(self) -> None:
        self._ended = True


def body_for(content_type: str) -> Body:
    """The body that a request with this `Content-Type` has."""
    kind, options = parse_options_header(content_type)
    if kind.startswith(b"multipart/"):
        return FirstText(options.get(b"boundary", b""))
    return Whole()


def _is_text(kind: bytes) -> bool:
    """Whether a part may hold the event; some firmware gives its event no type at all."""
    return not kind or kind.startswith(b"text/") or b"json" in kind or b"xml" in kind
