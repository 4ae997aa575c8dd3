"""`shouwang registry`: the key that the edges pin, what is registered, files in and out, labels."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import SystemClock
from edge.reading import Kind
from edge.settings import ConfigError, ConfigFault, read_table
from gateway.command_line import ask_config, one_of
from gateway.db.engine import upgrade
from gateway.own_database import beside_gateway
from gateway.registry.card import Impossible
from gateway.registry.claim import Label, print_code
from gateway.registry.office import Office, Why
from gateway.registry.signing import label_key, public_pem
from gateway.registry.toml_text import toml_text
from gateway.settings import Loaded


class Means(NamedTuple):
    """What every command works with."""

    loaded: Loaded
    database: sa.Engine
    key: Ed25519PrivateKey


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang registry key|show|import|export|label`: 0 done, 1 refused, 2 configuration."""
    arguments = _parser().parse_args(argv)

    def act(loaded: Loaded, database: sa.Engine) -> int:
        key = _key(loaded, arguments.config)
        try:
            _DO[arguments.command](Means(loaded, database, key), arguments)
        except (Impossible, ValueError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0

    return beside_gateway(arguments.config, act, migrate=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang registry", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("key", help="print the public key, for public_key_file of every edge")
    commands.add_parser("show", help="print the version and what is registered, as JSON")
    taken = commands.add_parser("import", help="let registry.toml rule again, as a new version")
    taken.add_argument("--why", required=True, help="the reason, for the record")
    commands.add_parser("export", help="print the registry in the form of registry.toml")
    label = commands.add_parser("label", help="print the claim code for a device's label")
    label.add_argument("kind", type=one_of(Kind), metavar="kind", help=", ".join(Kind))
    label.add_argument("name", help="the device's id, or vendor:number")
    for command in commands.choices.values():
        ask_config(command)
    return parser


def _key(loaded: Loaded, config: Path) -> Ed25519PrivateKey:
    if loaded.signing is None:
        remedy = "add the table; until then registry.toml rules"
        raise ConfigError([ConfigFault(config, "provisioning", "is missing", remedy)])
    return loaded.signing


def _office(means: Means) -> Office:
    upgrade(means.database)
    settings = means.loaded.settings
    office = Office(means.database, settings.site, means.key)
    office.open(read_table(settings.registry), SystemClock().now_ns())
    return office


def _show_key(means: Means, _: argparse.Namespace) -> None:
    sys.stdout.write(public_pem(means.key))


def _show(means: Means, _: argparse.Namespace) -> None:
    office = _office(means)
    told = {
        "version": office.held.version,
        "file_differs": office.file_differs,
        "registry": office.held.table(),
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")


def _import(means: Means, arguments: argparse.Namespace) -> None:
    office = _office(means)
    why = Why(getpass.getuser()[:64], "import", arguments.why)
    table = read_table(means.loaded.settings.registry)
    version = office.import_table(table, why, SystemClock().now_ns())
    sys.stdout.write(f"version {version}; a running gateway pushes it within half a minute\n")


def _export(means: Means, _: argparse.Namespace) -> None:
    sys.stdout.write(toml_text(_office(means).held.table()))


def _label(means: Means, arguments: argparse.Namespace) -> None:
    code = print_code(Label(arguments.kind, arguments.name), label_key(means.key))
    sys.stdout.write(f"{code}\n")


_Do = Callable[[Means, argparse.Namespace], None]
_DO: Mapping[str, _Do] = MappingProxyType(
    {"key": _show_key, "show": _show, "import": _import, "export": _export, "label": _label}
)
