"""One registry succeeds another: what is watched goes on, what is no longer there is closed.

A finding about a device that hangs nowhere, or in another home now, would stand for ever,
since no reading can clear it. It is cleared and says so. A home's finding is about a person:
it outlives its meters, and ends here only when nobody watches the home any more.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from edge.reading import Evidence, Finding, finding_id
from edge.registry import Registry
from edge.watch import Watch

Watches = Mapping[str, Watch[Any]]

REMOVED = "removed"
OF_MANY = ("adapter ", "supply ")
"""How the names of watches begin that watch what many homes share."""
_ZH = "登记变更：该设备已拆除或移走，或该住户不再受此规则看护；此条不再跟踪，不代表情况已恢复正常"
_EN = (
    "The registry has changed: the device was taken away, or the home is no longer watched by "
    "this rule; nothing follows this up any more, which does not mean that all is well"
)


def read_registry_bytes(table: bytes) -> Registry:
    """The registry in a JSON table of the form of registry.toml.

    Raises:
        ConfigError: it cannot be used; all faults at once.
        msgspec.DecodeError: it is not JSON.
    """
    return Registry.parse(msgspec.json.decode(table, type=dict[str, Any]), Path("provisioned"))


def raised(watches: Iterable[tuple[str, Watch[Any]]]) -> dict[str, Watch[Any]]:
    """Those of `watches` that have raised something, by their names."""
    return {name: watch for name, watch in watches if watch.episode}


def standing(watches: Iterable[tuple[str, Watch[Any]]]) -> Iterator[tuple[str, str, str]]:
    """Yield the rule, the subject and the finding id of whatever is raised."""
    for watch in raised(watches).values():
        if about := watch.episode:
            yield watch.rule, about.subject, finding_id(watch.rule, about.subject, about.since_ns)


def closed(before: Watches, after: Watches, registry: Registry, at_ns: int) -> Iterator[Finding]:
    """Yield the end of what was raised `before` about a place that `registry` has no more.

    The watches of `after` that carried it on have ended it too.
    """
    for name, watch in before.items():
        heir = after.get(name)
        if heir is not None and name.startswith(OF_MANY):
            continue
        if watch.episode and (heir is None or not stands(watch.episode.subject, registry, at_ns)):
            yield (heir or watch).close(at_ns, _evidence(at_ns))


def stands(subject: str, registry: Registry, at_ns: int) -> bool:
    """Whether `subject`, a home or a device in it, is at that place at `at_ns`."""
    home, unit, device = _parts(subject)
    if device:
        return registry.device_subject(device, at_ns) == subject
    return any(each.code == unit and registry.subject(unit) == home for each in registry.units())


def _parts(subject: str) -> tuple[str, str, str]:
    site, building, unit, *device = subject.split("/")
    return f"{site}/{building}/{unit}", unit, "".join(device)


def _evidence(at_ns: int) -> Evidence:
    return Evidence({"reason": REMOVED}, {}, at_ns, 0.0, _ZH, _EN)
