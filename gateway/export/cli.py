"""`shouwang export`: incidents with all that is known of them, to standard output."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import msgspec
import sqlalchemy as sa

from edge.clock import SystemClock
from edge.reading import SECOND_NS
from gateway.export import cap
from gateway.export.cap import Issuer
from gateway.export.routes import Form, told
from gateway.export.story import Story, every
from gateway.export.tables import Sheet, table
from gateway.own_database import beside_gateway
from gateway.settings import Loaded


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang export [--format json|csv|cap] ...`: 0 done, 1 failed, 2 configuration."""
    arguments = _parser().parse_args(argv)

    def write(loaded: Loaded, database: sa.Engine) -> int:
        return _write(loaded, database, arguments)

    return beside_gateway(arguments.config, write, migrate=False)


def _write(loaded: Loaded, database: sa.Engine, arguments: argparse.Namespace) -> int:
    try:
        for part in _WRITTEN[arguments.format](every(database, arguments.since), loaded, arguments):
            sys.stdout.buffer.write(part)
    except sa.exc.DBAPIError as error:
        remedy = "check [database] url, and start this release's gateway once"
        sys.stderr.write(f"the gateway's database cannot be read: {error.orig}; {remedy}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang export", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/gateway.toml"))
    parser.add_argument(
        "--format", type=Form, choices=list(Form), default=Form.JSON,
        help="json (one incident a line), csv, or cap (an Atom feed of CAP 1.2 messages)",
    )  # fmt: skip
    parser.add_argument(
        "--sheet", type=Sheet, choices=list(Sheet), default=Sheet.INCIDENTS, help="of csv"
    )
    parser.add_argument(
        "--since", type=_day, default=0, metavar="YYYY-MM-DD", help="opened on that day or later"
    )
    return parser


def _day(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * SECOND_NS


def _json(stories: Iterable[Story], _: Loaded, __: argparse.Namespace) -> Iterator[bytes]:
    for story in stories:
        yield msgspec.json.encode(told(story)) + b"\n"


def _csv(stories: Iterable[Story], _: Loaded, arguments: argparse.Namespace) -> Iterator[bytes]:
    yield table([], arguments.sheet).encode()
    for story in stories:
        yield table([story], arguments.sheet, head=False).encode()


def _cap(stories: Iterable[Story], loaded: Loaded, _: argparse.Namespace) -> Iterator[bytes]:
    issuer = Issuer(loaded.settings.site, loaded.book)
    yield cap.feed(stories, issuer, None, SystemClock().now_ns())


_Written = Callable[[Iterable[Story], Loaded, argparse.Namespace], Iterator[bytes]]
_WRITTEN: Mapping[Form, _Written] = MappingProxyType(
    {Form.JSON: _json, Form.CSV: _csv, Form.CAP: _cap}
)
