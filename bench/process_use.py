"""What a process has used, as its kernel counts it."""

import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """The processor time that all threads of a process have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """The resident size of a process, in MB."""
    return _status_mb(pid, "VmRSS")


def rss_mb_max(pid: int) -> float:
    """The largest resident size of a process so far, in MB."""
    return _status_mb(pid, "VmHWM")


def resident_bytes() -> int:
    """The resident size of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _status_mb(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1_000
