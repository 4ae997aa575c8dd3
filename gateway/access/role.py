"""Who may do what: a few roles, and the rights each one has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What an account is for."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"
    INSTALLER = "installer"


class Right(StrEnum):
    """One thing a request may need."""

    READ = "read"
    ACT = "act"
    REGISTER = "register"
    INSTALL = "install"
    EVIDENCE = "evidence"
    SILENCE_URGENT = "silence_urgent"
    PLAN = "plan"
    APPROVE_PLAN = "approve_plan"
    ROSTER = "roster"


RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(Right),
        Role.OPERATOR: frozenset(
            {
                Right.READ,
                Right.ACT,
                Right.REGISTER,
                Right.INSTALL,
                Right.EVIDENCE,
                Right.PLAN,
                Right.ROSTER,
            }
        ),
        Role.VIEWER: frozenset({Right.READ}),
        Role.INSTALLER: frozenset({Right.INSTALL}),
    },
)


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a request, as the account stands now (not as it was at login)."""

    account_id: int
    login: str
    role: Role
    lang: str

    def may(self, right: Right) -> bool:
        """Whether this person's role has `right`."""
        return right in RIGHTS[self.role]
