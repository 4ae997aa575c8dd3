"""The modules through which every reading passes, and whether they run compiled.

They are ordinary Python that may be compiled to C (`make compiled`), and do the same either way.
A compiled module hides its source, so one whose source was changed since is never run.
"""

import json
from hashlib import blake2b
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

HOT = (
    "admission", "admitting", "batch_names", "boots", "chain", "completeness", "deadlines",
    "device_time", "entry_readings", "faults", "fields", "flood", "fold", "gate", "judge",
    "latenesses", "listening", "message_names", "meter", "mqtt_frames", "nearest", "numberings",
    "offset", "pipeline", "presence", "rest", "rhythm", "route", "samples", "signature",
    "subjects", "supervision", "supplies", "supply", "sweep", "telemetry", "watch", "wire",
)  # fmt: skip
"""Modules of `edge`. None of them may define a record of msgspec or pydantic."""

_HERE = Path(__file__).parent
SUMS = _HERE / "compiled.json"
"""Which sources were compiled, by digest."""


class StaleError(Exception):
    """A compiled module is not what its source says."""


def source(module: str) -> Path:
    """The source of a module of `edge`."""
    return _HERE.joinpath(*module.split(".")).with_suffix(".py")


def digest(module: str) -> str:
    """By what `compiled.json` knows the source of `module`."""
    return blake2b(source(module).read_bytes(), digest_size=16).hexdigest()


def binaries() -> list[Path]:
    """The compiled modules that are here, and what they share."""
    return sorted({each for suffix in EXTENSION_SUFFIXES for each in _HERE.rglob(f"*{suffix}")})


def check() -> bool:
    """Whether the hot modules run compiled.

    Raises:
        StaleError: some do that should not, since their sources are others by now.
    """
    if not binaries():
        return False
    sums = json.loads(SUMS.read_text()) if SUMS.exists() else {}
    stale = [module for module in HOT if sums.get(module) != digest(module)]
    if stale:
        raise StaleError(
            f"compiled from other sources: {', '.join(stale)};"
            " run `make compiled`, or `make interpreted` to do without"
        )
    return True
