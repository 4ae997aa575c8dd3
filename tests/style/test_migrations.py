"""The migrations of the gateway's database are one line, each file numbered as it stands in it."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).parents[2] / "gateway" / "db" / "migrations"


def test_migrations_are_one_line_and_numbered_in_its_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    assert len(revisions) == len(list((FOLDER / "versions").glob("r*.py")))
    for number, revision in enumerate(revisions, 1):
        assert Path(revision.path).name.startswith(f"r{number:04}_"), revision.path
