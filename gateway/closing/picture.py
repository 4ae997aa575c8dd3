"""Pictures without what they tell besides: place, time, camera and author are taken out.

Only what is needed to show the picture is copied, part by part, so that a metadata block of
a kind yet unknown is left out too. How the camera was held (EXIF orientation) is lost with it.
"""

from collections.abc import Iterator

_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_SOS, _EOI = 0xDA, 0xD9
# Frames, tables and restarts, the JFIF header, and Adobe's word on colours (APP14).
_KEPT_MARKERS = frozenset({0xC4, 0xCC, 0xDB, 0xDD, 0xDC, 0xE0, 0xEE, _SOS}) | (
    frozenset(range(0xC0, 0xD0)) - {0xC8}
)
_KEPT_CHUNKS = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
)


class NotAPictureError(ValueError):
    """The bytes are not whole JPEG or PNG, whatever their name says."""


def stripped(body: bytes) -> tuple[str, bytes]:
    """The media type of a JPEG or PNG picture and its bytes without metadata.

    Raises:
        NotAPictureError: it is neither, or ends before its end.
    """
    try:
        if body.startswith(_JPEG):
            return "image/jpeg", b"".join(_jpeg(body))
        if body.startswith(_PNG):
            return "image/png", b"".join(_png(body))
    except (IndexError, ValueError):
        raise NotAPictureError("the picture is damaged") from None
    raise NotAPictureError("neither JPEG nor PNG")


def _jpeg(body: bytes) -> Iterator[bytes]:
    """The segments to keep, up to the end of the first image; what follows it is dropped."""
    yield _JPEG
    at, scanned = len(_JPEG), False
    while True:
        if body[at] != 0xFF:  # noqa: PLR2004  (every marker begins with it)
            raise ValueError(at)
        marker = body[at + 1]
        if marker == _EOI and scanned:
            yield body[at : at + 2]
            return
        length = int.from_bytes(body[at + 2 : at + 4])
        end = at + 2 + length
        if length < 2 or end >= len(body):  # noqa: PLR2004  (a length counts itself)
            raise ValueError(at)
        if marker == _SOS:
            scanned, end = True, _scan_end(body, end)
        if marker in _KEPT_MARKERS:
            yield body[at:end]
        at = end


def _scan_end(body: bytes, at: int) -> int:
    """Where the compressed data from `at` on end: at the next marker that is no restart."""
    while True:
        at = body.index(b"\xff", at)
        after = body[at + 1]
        if after != 0 and not 0xD0 <= after <= 0xD7:  # noqa: PLR2004  (stuffing, RST0-RST7)
            return at
        at += 2


def _png(body: bytes) -> Iterator[bytes]:
    yield _PNG
    at = len(_PNG)
    while True:
        length = int.from_bytes(body[at : at + 4])
        name, end = body[at + 4 : at + 8], at + 12 + length
        if len(name) < 4 or end > len(body):  # noqa: PLR2004  (a chunk's name)
            raise ValueError(at)
        if name in _KEPT_CHUNKS:
            yield body[at:end]
        if name == b"IEND":
            return
        at = end
