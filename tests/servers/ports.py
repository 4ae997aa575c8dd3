"""Where a process listens, as the kernel has it."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_LISTENS = "0A"


def listening(pid: int) -> set[tuple[str, int]]:
    """Every address and port at which the process takes TCP connections."""
    own = {link for link in _links(Path(f"/proc/{pid}/fd")) if link.startswith("socket:")}
    return {
        where
        for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6"))
        for inode, where in _rows(Path(f"/proc/{pid}/net/{table}"), family)
        if f"socket:[{inode}]" in own
    }


def _links(folder: Path) -> Iterator[str]:
    for each in folder.iterdir():
        try:
            yield str(each.readlink())
        except FileNotFoundError:
            continue  # closed meanwhile


def _rows(table: Path, family: socket.AddressFamily) -> Iterator[tuple[str, tuple[str, int]]]:
    for line in table.read_text("ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTENS:
            address, _, port = fields[1].partition(":")
            words = struct.iter_unpack(">I", bytes.fromhex(address))
            packed = b"".join(struct.pack("=I", word) for (word,) in words)
            yield fields[9], (socket.inet_ntop(family, packed), int(port, 16))
