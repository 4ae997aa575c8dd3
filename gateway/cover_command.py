"""`shouwang plans check`: where and when the next 90 days have nobody, or no backup."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from alerts.cover import COVER_NS, Cover, line
from alerts.shift import Span
from edge.clock import SystemClock
from edge.reading import DAY_NS
from edge.settings import ConfigError
from gateway.book import Book
from gateway.covering import cover_of
from gateway.settings import load_gateway


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang plans check`: 0 covered, 1 there are gaps, 2 configuration."""
    parser = argparse.ArgumentParser(prog="shouwang plans check", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/gateway.toml"))
    parser.add_argument("--days", type=int, default=COVER_NS // DAY_NS, choices=range(1, 367),
                        metavar="1..366")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    arguments = parser.parse_args(argv)
    try:
        loaded = load_gateway(arguments.config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    now_ns = SystemClock().now_ns()
    window = Span(now_ns, now_ns + arguments.days * DAY_NS)
    found = cover_of(loaded.book, loaded.registry, window)
    (_tell_json if arguments.json else _tell)(found, loaded.book)
    return 1 if found.count else 0


def _tell(found: Cover, book: Book) -> None:
    for gap in found.gaps:
        sys.stdout.write(f"{line(gap, book.zone)[1]}\n")
    if found.left_off:
        sys.stdout.write(f"and {found.left_off} more\n")
    if not found.count:
        sys.stdout.write("every plan has somebody and a backup everywhere\n")


def _tell_json(found: Cover, book: Book) -> None:
    gaps = [asdict(gap) | dict(zip(("zh", "en"), line(gap, book.zone), strict=True))
            for gap in found.gaps]  # fmt: skip
    body = {"until_ns": found.until_ns, "gaps": gaps, "left_off": found.left_off}
    sys.stdout.write(json.dumps(body, ensure_ascii=False, indent=2) + "\n")
