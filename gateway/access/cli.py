"""`shouwang user`: make accounts, change passwords, end accounts, list who may sign in."""

import argparse
import getpass
import sys
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from alerts.roster import Roster
from edge.clock import SystemClock
from gateway.access.accounts import Account, AccountError, Accounts
from gateway.access.password import UnfitPasswordError
from gateway.access.role import Role
from gateway.command_line import ask_config, one_of
from gateway.own_database import beside_gateway
from gateway.settings import Loaded


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang user COMMAND --config FILE`: 0 done, 1 refused, 2 configuration."""
    arguments = _parser().parse_args(argv)

    def act(loaded: Loaded, database: sa.Engine) -> int:
        try:
            _do(arguments, Accounts(database), loaded.book.roster)
        except (AccountError, UnfitPasswordError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0

    return beside_gateway(arguments.config, act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang user", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="make an account; the password is asked for")
    add.add_argument("login")
    add.add_argument(
        "--role", type=one_of(Role), default=Role.OPERATOR, metavar=f"{{{','.join(Role)}}}",
        help="what the account may do; default: operator",
    )  # fmt: skip
    passwd = commands.add_parser("passwd", help="change a password; signs the account out")
    passwd.add_argument("login")
    disable = commands.add_parser("disable", help="sign an account out for good, when one leaves")
    disable.add_argument("login")
    enable = commands.add_parser("enable", help="let a disabled account sign in again")
    enable.add_argument("login")
    commands.add_parser("list", help="list the accounts, and whose of the roster each is")
    for command in commands.choices.values():
        ask_config(command)
    return parser


def _do(arguments: argparse.Namespace, accounts: Accounts, roster: Roster) -> None:
    match arguments.command:
        case "add":
            now_ns = SystemClock().now_ns()
            accounts.add(arguments.login, _ask(), arguments.role, now_ns)
        case "passwd":
            accounts.set_password(arguments.login, _ask())
        case "disable":
            accounts.disable(arguments.login)
        case "enable":
            accounts.enable(arguments.login)
        case _:
            for line in _listed(accounts.all(), roster):
                sys.stdout.write("\t".join(line) + "\n")


def _listed(accounts: Sequence[Account], roster: Roster) -> Iterator[tuple[str, str, str]]:
    """Each account, its role and its person; then logins of the roster that no account has."""
    for each in accounts:
        person = roster.get(roster.who(each.login))
        state = "disabled" if each.disabled else each.role.value
        yield each.login, state, person.id if person else "-"
    known = {each.login for each in accounts}
    for person in roster.person:
        for login in person.logins:
            if login not in known:
                yield login, "no account", person.id


def _ask() -> str:
    """The new password, typed twice at a terminal or piped in as one line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("New password: ")
    if getpass.getpass("Again: ") != password:
        raise AccountError("the two passwords differ; nothing was changed")
    return password
