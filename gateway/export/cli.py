"""`shouwang export`: incidents with all that is known of them, to standard output."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec
import sqlalchemy as sa

from edge.clock import SystemClock
from edge.reading import SECOND_NS
from gateway.command_line import ask_config, one_of
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
    for part in _WRITTEN[arguments.format](every(database, arguments.since), loaded, arguments):
        sys.stdout.buffer.write(part)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang export", description=__doc__)
    ask_config(parser)
    parser.add_argument(
        "--format", type=one_of(Form), default=Form.JSON, metavar=f"{{{','.join(Form)}}}",
        help="json (the default: one incident a line), csv, or cap (an Atom feed of CAP 1.2)",
    )  # fmt: skip
    parser.add_argument(
        "--sheet", type=one_of(Sheet), default=Sheet.INCIDENTS,
        metavar=f"{{{','.join(Sheet)}}}", help="of csv; default: incidents",
    )  # fmt: skip
    parser.add_argument(
        "--since", type=_day, default=0, metavar="YYYY-MM-DD", help="opened on that day or later"
    )
    return parser


def _day(text: str) -> int:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2026-01-31") from None
    return int(day.timestamp()) * SECOND_NS


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
