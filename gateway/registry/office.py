"""The registry's office: the only writer. Each act is one transaction and one new version.

What an act owes afterwards (retained messages of a place that is left) is written with it,
so that a process killed anywhere finds on its next start what is still to be done.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.failpoint import hit
from edge.provisioning import Push, seal
from edge.registry import Registry
from edge.settings import ConfigError
from edge.topic import DeviceTopic, Verb, device_topic
from gateway.db import registry as rows
from gateway.db import seen
from gateway.db.engine import reading, writing
from gateway.db.registry import Change
from gateway.registry.card import Card, Impossible
from gateway.registry.held import Held, held
from gateway.registry.signing import label_key

log = logging.getLogger(__name__)

SYSTEM = "system"
_FAULTS_TOLD = 3
_AHEAD_MAX = 100_000

OnRegistry = Callable[[Registry], None]
Act = Callable[[Card | None], Card]
"""From a device's card, None for one nobody knows, to the next; raises Impossible."""
OnUnit = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a home's row to the next; raises Impossible."""
OnRules = Callable[[sa.Connection, Mapping[str, Any], int], Mapping[str, Any]]
"""From what was decided about rules to what the given version says; may write beside it."""
RULES = "rules"
"""The section that nobody changes alone, nor by a file."""


@dataclass(frozen=True, slots=True)
class Why:
    """Who asks for a change, what it is called, and the reason they give."""

    by: str
    act: str
    why: str = ""
    detail: Mapping[str, Any] | None = None


class Office:
    """The registry of one site: `held` is the newest version that this process has seen.

    `listeners` hear each registry that holds from then on; they must not block or raise.
    """

    def __init__(self, database: sa.Engine, site: str, key: Ed25519PrivateKey) -> None:
        self.database = database
        self.site = site
        self.label_key = label_key(key)
        self.listeners: list[OnRegistry] = []
        self.file_differs = False
        self._key = key
        self.held = Held(0, {}, {}, {})
        self.registry = Registry(site, (), ())

    def open(self, file: Mapping[str, Any], now_ns: int) -> None:
        """The database has a registry: its own, or the file's where it had none.

        A file that says something else than when it was last taken changes nothing here: that
        is told, and waits for `import_table`.
        """
        with writing(self.database) as connection:
            told = rows.last_import(connection)
            if told is None:
                why = Why(SYSTEM, "seed", "first start")
                self._write_all(connection, file, why, now_ns)
        self.file_differs = told is not None and told.detail.get("file") != digest(file)
        if self.file_differs:
            log.warning(
                "registry.toml is not what was taken as version %d; the database rules. "
                "`shouwang registry import` takes the file, `export` writes the database's",
                told.version if told else 0,
            )
        self.refresh()

    def refresh(self) -> None:
        """What another process has changed is known here."""
        with reading(self.database) as connection:
            if rows.newest(connection) == self.held.version:
                return
            newest = rows.load(connection)
        self._adopt(newest, newest.registry())

    def change(self, device: str, act: Act, why: Why, now_ns: int) -> Card:
        """The card of `device` after `act`, which is a new version of the registry.

        Raises:
            Impossible: it cannot be done, or the edges would refuse the result.
        """
        with writing(self.database) as connection:
            before = rows.load(connection)
            card = act(before.cards.get(device))
            after = before.with_card(card, _following(connection, before))
            registry = self._checked(after, now_ns)
            rows.save_card(connection, card, after.version)
            self._note(connection, after.version, device, why, now_ns)
            self._owe(connection, {device}, (self._as_registry(before), registry), now_ns)
            seen.greet(connection, _names(registry, device))
            hit("gateway.registry")
        hit("gateway.registered")
        self._adopt(after, registry)
        return card

    def change_unit(self, code: str, act: OnUnit, why: Why, now_ns: int) -> None:
        """The home `code` is what `act` makes of its row, which is a new version of the registry.

        Raises:
            Impossible: there is no such home, it cannot be done, or the edges would refuse it.
        """
        with writing(self.database) as connection:
            before = rows.load(connection)
            if code not in before.units:
                raise Impossible("no_such_unit", "There is no home of that code.")
            after = before.with_unit(act(before.units[code]), _following(connection, before))
            registry = self._checked(after, now_ns)
            rows.save_unit(connection, after.units[code])
            told = Why(why.by, why.act, why.why, {"unit": code, **(why.detail or {})})
            self._note(connection, after.version, "", told, now_ns)
            hit("gateway.registry")
        hit("gateway.registered")
        self._adopt(after, registry)

    def change_rules(self, act: OnRules, why: Why, now_ns: int) -> None:
        """What edges are told about rules is what `act` makes of it, in one transaction with it.

        Raises:
            Impossible: the edges would refuse it.
        """
        with writing(self.database) as connection:
            before = rows.load(connection)
            version = _following(connection, before)
            told = act(connection, before.sections.get(RULES, {}), version)
            after = before.with_section(RULES, told, version)
            registry = self._checked(after, now_ns)
            rows.save_section(connection, RULES, told)
            self._note(connection, version, "", why, now_ns)
            hit("gateway.registry")
        hit("gateway.registered")
        self._adopt(after, registry)

    def import_table(self, table: Mapping[str, Any], why: Why, now_ns: int) -> int:
        """The registry is `table`, as a new version, which is returned.

        Raises:
            Impossible: the edges would refuse it.
        """
        with writing(self.database) as connection:
            self._write_all(connection, table, why, now_ns)
        self.file_differs = False
        self.refresh()
        return self.held.version

    def payload(self, edge: str) -> bytes:
        """What `edge` is pushed; equal for equal versions."""
        return self._sealed(self.held, edge, self._issued_ns())

    def _as_registry(self, before: Held) -> Registry:
        return self.registry if before.version == self.held.version else before.registry()

    def _issued_ns(self) -> int:
        with reading(self.database) as connection:
            (newest,) = rows.changes(connection, self.held.version + 1, 1)
        return newest.at_ns

    def _sealed(self, of: Held, edge: str, issued_ns: int) -> bytes:
        return seal(Push(1, edge, of.version, issued_ns, of.table()), self._key)

    def _checked(self, after: Held, now_ns: int) -> Registry:
        try:
            registry = after.registry()
            self._sealed(after, "e" * 32, now_ns)
        except ConfigError as error:
            faults = "; ".join(f"{f.key}: {f.problem}" for f in error.faults[:_FAULTS_TOLD])
            raise Impossible("not_valid", faults) from None
        except ValueError as error:
            raise Impossible("too_large", f"The edges would not take it: {error}") from None
        if registry.site != self.site:
            raise Impossible("other_site", f"It is the registry of {registry.site}.")
        return registry

    def _write_all(
        self, connection: sa.Connection, table: Mapping[str, Any], why: Why, now_ns: int
    ) -> None:
        before = rows.load(connection)
        after = held(table, _following(connection, before))
        if before.version:
            after = after.with_section(RULES, before.sections.get(RULES), after.version)
        registry = self._checked(after, now_ns)
        rows.save_all(connection, after)
        told = Why(why.by, why.act, why.why, {"file": digest(table), **(why.detail or {})})
        self._note(connection, after.version, "", told, now_ns)
        if before.version:
            devices = set(before.cards) | set(after.cards)
            self._owe(connection, devices, (self._as_registry(before), registry), now_ns)

    def _note(
        self, connection: sa.Connection, version: int, device: str, why: Why, now_ns: int
    ) -> None:
        change = Change(version, now_ns, why.by, why.act, device, why.why, why.detail or {})
        rows.note(connection, change)

    def _owe(
        self,
        connection: sa.Connection,
        devices: set[str],
        change: tuple[Registry, Registry],
        now_ns: int,
    ) -> None:
        """The places that `devices` have left are to fall silent; new ones may speak again."""
        before, after = ({state_topic(r, d, now_ns) for d in devices} - {None} for r in change)
        rows.settle_tombstones(connection, sorted(str(topic) for topic in after))
        left = sorted(str(topic) for topic in before - after)
        rows.owe_tombstones(connection, left, now_ns)

    def _adopt(self, newest: Held, registry: Registry) -> None:
        self.held, self.registry = newest, registry
        for told in self.listeners:
            told(registry)


def _following(connection: sa.Connection, before: Held) -> int:
    """The next version: above ours, and above what edges go by if we were put back from a backup.

    An edge far ahead of us is not believed: it could use up the numbers.
    """
    told = [v for v in seen.versions(connection).values() if v <= before.version + _AHEAD_MAX]
    return max([before.version, *told]) + 1


def state_topic(registry: Registry, device: str, at_ns: int) -> str | None:
    """The topic of the retained state of `device` where it hangs then; None when nowhere."""
    binding = registry.binding(device, at_ns)
    if binding is None:
        return None
    place = DeviceTopic(
        registry.site, binding.unit.building, binding.unit.code, binding.device.kind,
        device, Verb.STATE,
    )  # fmt: skip
    return device_topic(place)


def digest(table: Mapping[str, Any]) -> str:
    """What tells one file from another, whatever the order of its keys."""
    return blake2b(msgspec.json.encode(table, order="sorted"), digest_size=16).hexdigest()


def _names(registry: Registry, device: str) -> list[str]:
    """Every name under which `device` may have knocked."""
    vendors = (name for binding in registry.bindings(device) for name in binding.device.vendors())
    return sorted({device, *vendors})
