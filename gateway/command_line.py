"""What the gateway's commands ask for alike: its file, numbers in bounds, one of a few words."""

import argparse
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)
_CONFIG = Path("config/gateway.toml")


def ask_config(parser: argparse.ArgumentParser) -> None:
    """`--config` is an option of `parser`."""
    parser.add_argument(
        "--config", type=Path, default=_CONFIG, help=f"the gateway's file; default: {_CONFIG}"
    )


def between(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number from `least` to `most`, for an option."""

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")

    return read


def one_of(words: type[E]) -> Callable[[str], E]:
    """Reads one of `words`, for an option."""

    def read(text: str) -> E:
        try:
            return words(text)
        except ValueError:
            known = ", ".join(words)
            raise argparse.ArgumentTypeError(f"{text!r} is none of {known}") from None

    return read
