"""Small pictures with something to hide, built by hand."""

import struct
import zlib

SECRET = b"GPS 30.25N 120.16E"


def a_jpeg(*, exif: bool = True, after: bytes = b"") -> bytes:
    """A JPEG of the right form; `after` follows its end, as phones append things there."""

    def segment(marker: int, body: bytes) -> bytes:
        return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body

    head = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    if exif:
        head += segment(0xE1, b"Exif\0\0" + SECRET) + segment(0xFE, SECRET)
    tables = segment(0xDB, bytes(65)) + segment(0xC0, bytes(9)) + segment(0xC4, bytes(20))
    scan = segment(0xDA, bytes(8)) + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + head + tables + scan + b"\xff\xd9" + after


def a_png() -> bytes:
    """A PNG with a text chunk and an EXIF chunk."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name))

    parts = [(b"IHDR", bytes(13)), (b"tEXt", SECRET), (b"eXIf", SECRET), (b"IDAT", b"pixels")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*p) for p in parts) + chunk(b"IEND", b"") + SECRET
