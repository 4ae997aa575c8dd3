"""A command beside the gateway: its configuration and its database, up to date and closed again."""

import sys
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from edge.settings import ConfigError
from gateway.db.engine import connect, upgrade
from gateway.settings import Loaded, load_gateway

Task = Callable[[Loaded, sa.Engine], int]


def beside_gateway(config: Path, task: Task, *, migrate: bool = True) -> int:
    """The exit code of `task`; 2, with the faults on standard error, where `config` is no use.

    1, with a remedy, where the database is of no use. Without `migrate` it is taken as it is, so
    that a command that only reads changes nothing.
    """
    try:
        loaded = load_gateway(config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    database = connect(loaded.settings.database.url.get_secret_value())
    try:
        if migrate:
            upgrade(database)
        return task(loaded, database)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except sa.exc.DBAPIError as error:
        start = "" if migrate else "; start this release's gateway once"
        where = f"{config}: database.url: {database.url.render_as_string()}"
        sys.stderr.write(
            f"{where}: {error.orig}; check url, the file's rights and the disk{start}\n"
        )
        return 1
    finally:
        database.dispose()
