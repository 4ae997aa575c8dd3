"""All tables of the gateway together, whichever file of this folder they stand in."""

import pkgutil
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa

from gateway.db.tables import metadata

_SUFFIX = "_tables"


def whole() -> sa.MetaData:
    """The metadata with every table of every file `*_tables.py` beside this one."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.endswith(_SUFFIX):
            import_module(f"gateway.db.{module.name}")
    return metadata
