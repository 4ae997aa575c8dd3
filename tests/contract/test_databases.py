"""The gateway's database, SQLite and PostgreSQL alike: its schema, and who may write."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.db import engine as module
from gateway.db import tables
from gateway.db.engine import connect, downgrade, reading, upgrade, writing
from gateway.db.postgres import become_writer
from gateway.db.schema import whole
from tests.servers.postgres import url
from tests.servers.process import Server

MIGRATIONS = Path(module.__file__).parent / "migrations"


@pytest.fixture(params=["sqlite", "postgres"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        database = connect(f"sqlite:///{tmp_path / 'gateway.db'}")
    else:
        database = connect(request.getfixturevalue("fresh_database")())
    yield database
    database.dispose()


@pytest.fixture
def shared(own_postgres: Server) -> Iterator[sa.Engine]:
    database = connect(url(own_postgres, "shouwang"))
    upgrade(database)
    yield database
    database.dispose()


def revisions() -> list[str]:
    """Every revision of the schema, the newest first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def test_every_migration_can_be_undone_and_done_again(database: sa.Engine) -> None:
    upgrade(database)
    for revision in [*revisions()[1:], "base"]:
        downgrade(database, revision)
    assert set(sa.inspect(database).get_table_names()) == {"alembic_version"}
    upgrade(database)
    with reading(database) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, whole()) == []


def test_what_is_written_while_reading_is_not_kept(database: sa.Engine) -> None:
    upgrade(database)
    seen = sa.select(sa.func.count()).select_from(tables.edge_status)
    with reading(database) as connection:
        assert connection.execute(seen).scalar_one() == 0
    with reading(database) as before, writing(database) as connection:
        assert before.execute(seen).scalar_one() == 0
        connection.execute(
            sa.insert(tables.edge_status).values(edge="e01", up=True, boot=1, at_ns=1, health="{}")
        )
        assert before.execute(seen).scalar_one() == 0, "a reader's view does not move"
    with reading(database) as connection:
        assert connection.execute(seen).scalar_one() == 1


def test_two_who_count_up_at_once_do_not_lose_a_count(shared: sa.Engine) -> None:
    boot = tables.edge_status.c.boot
    with writing(shared) as connection:
        connection.execute(
            sa.insert(tables.edge_status).values(edge="e01", up=True, boot=0, at_ns=1, health="{}")
        )

    def count() -> None:
        for _ in range(50):
            with writing(shared) as connection:
                known = connection.execute(sa.select(boot)).scalar_one()
                connection.execute(sa.update(tables.edge_status).values(boot=known + 1))

    counting = [threading.Thread(target=count) for _ in range(3)]
    for each in counting:
        each.start()
    for each in counting:
        each.join()
    with reading(shared) as connection:
        assert connection.execute(sa.select(boot)).scalar_one() == 150


def test_gateways_that_start_together_make_the_schema_once(own_postgres: Server) -> None:
    databases = [connect(url(own_postgres, "shouwang")) for _ in range(3)]
    upgrading = [threading.Thread(target=upgrade, args=(each,)) for each in databases]
    for each in upgrading:
        each.start()
    for each in upgrading:
        each.join()
    assert "incident" in sa.inspect(databases[0]).get_table_names()
    for database in databases:
        database.dispose()


def test_a_writer_that_was_stopped_half_way_does_not_keep_the_others_out(
    shared: sa.Engine,
) -> None:
    with shared.connect() as stopped:
        stopped.exec_driver_sql("SET idle_in_transaction_session_timeout = 200")
        become_writer(stopped)
        with writing(shared) as other:  # waits until the server has ended the other's session
            assert other.exec_driver_sql("SELECT 1").scalar_one() == 1
        with pytest.raises(sa.exc.OperationalError):
            stopped.exec_driver_sql("SELECT 1")


def test_a_database_that_went_away_is_one_kind_of_error_and_comes_back_by_itself(
    own_postgres: Server, shared: sa.Engine
) -> None:
    own_postgres.kill()
    for _ in range(2):
        with pytest.raises(sa.exc.OperationalError), writing(shared):
            pytest.fail("nothing can be written now")
    own_postgres.start()
    with writing(shared) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
