"""`shouwang plans check`: where and when the next 90 days have nobody, or no backup."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import sqlalchemy as sa

from alerts.cover import COVER_NS, Cover, line
from alerts.roster_edit import edited, standing
from alerts.shift import Span
from edge.clock import SystemClock
from edge.reading import DAY_NS
from gateway.book import Book
from gateway.command_line import ask_config, between
from gateway.covering import Asked, cover_of
from gateway.db import phones, roster_edits
from gateway.db.engine import reading
from gateway.db.plan_tables import plan_version
from gateway.db.roster_tables import roster_edit
from gateway.own_database import beside_gateway
from gateway.settings import Loaded


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang plans check`: 0 covered, 1 gaps or no use of the database, 2 configuration."""
    parser = argparse.ArgumentParser(prog="shouwang plans check", description=__doc__)
    ask_config(parser)
    parser.add_argument("--days", type=between(1, 366), default=COVER_NS // DAY_NS,
                        metavar="1..366", help="default: 90")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    arguments = parser.parse_args(argv)

    def look(loaded: Loaded, database: sa.Engine) -> int:
        now_ns = SystemClock().now_ns()
        window = Span(now_ns, now_ns + arguments.days * DAY_NS)
        asked = _as_it_runs(loaded, database)
        (_tell_json if arguments.json else _tell)(found := cover_of(asked, window), asked.book)
        return 1 if found.count else 0

    return beside_gateway(arguments.config, look, migrate=False)


def _as_it_runs(loaded: Loaded, database: sa.Engine) -> Asked:
    """What the gateway's database says on top of the files: changes by hand, plans, phones.

    The files alone where there is no such database yet.
    """
    book = loaded.book
    file = database.url.database
    if database.dialect.name == "sqlite" and not (file and Path(file).exists()):
        sys.stderr.write(f"{file}: no such database yet; this is of the files alone\n")
        return Asked(book.plans, book, loaded.registry)
    with reading(database) as connection:
        known = set(sa.inspect(connection).get_table_names())
        if not {roster_edit.name, plan_version.name} <= known:
            return Asked(book.plans, book, loaded.registry)
        edits = standing(book.roster, roster_edits.load(connection))
        book = replace(book, roster=edited(book.roster, edits))
        failing = phones.failing(connection, book.roster)
        return Asked(book.plans_in_force(connection), book, loaded.registry, failing)


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
