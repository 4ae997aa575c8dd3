"""The last pushed registry on the disk: a good copy stays until a better one stands.

The journal has it too; this file brings it back when the journal had to be given up.
"""

import os
from contextlib import suppress
from pathlib import Path

from edge.failpoint import hit


def write_copy(path: Path, payload: bytes) -> None:
    """`payload` is at `path`, and on the disk; or what was there before still is.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())
    hit("edge.copy")
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_copy(path: Path) -> bytes | None:
    """What `write_copy` last wrote; None when there is none to read."""
    with suppress(OSError):
        return path.read_bytes()
    return None
