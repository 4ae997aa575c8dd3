"""Asks the rules about devices what time alone has made true, of those whose moment has come.

The rules are the one truth; the column of moments only says whom a sweep may leave out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.deadlines import Deadlines
from edge.presence import Presence
from edge.reading import Finding
from edge.registry import Registry
from edge.supervision import Supervisor
from edge.watch import Watch, Watched, judged


class Sweep:
    """The watched devices of one registry, in its order, each with its moment."""

    def __init__(
        self,
        registry: Registry,
        devices: Mapping[str, Watched[Presence]],
        supervisor: Supervisor,
    ) -> None:
        self._registry = registry
        self._devices = tuple(devices.items())
        self._supervisor = supervisor
        self._deadlines = Deadlines(len(self._devices))
        self.first_ns = self._deadlines.first_ns

    def put_off(self, place: int, at_ns: int) -> bool:
        """The device at `place` need not be asked before `at_ns`; whether that was noted.

        It is not where it would gain next to nothing.
        """
        return self._deadlines.put_off(place, at_ns)

    def tick(self, now_ns: int) -> Iterator[Finding]:
        """Yield what has come to hold by `now_ns`."""
        for place in self._deadlines.passed(now_ns):
            name, device = self._devices[place]
            subject = self._registry.device_subject(name, now_ns)
            for watch in device.watches:
                if subject and not watch.episode:
                    said = judged(watch, device.state, now_ns, subject)
                    yield from self._supervisor.guarded(watch.rule, name, said)
            self._deadlines.put(place, self._due_ns(name, device, now_ns))

    def look_ahead(self, now_ns: int) -> None:
        """Find every moment anew: something on which all of them hang has changed."""
        for place, (name, device) in enumerate(self._devices):
            self._deadlines.put(place, self._due_ns(name, device, now_ns))

    def next_due(self, watch: Watch[Any], state: Any, of: str) -> int | None:
        """When the rule about `of` may come to hold; None while it is broken."""
        try:
            return watch.next_due(state)
        except Exception as error:  # noqa: BLE001  (the supervisor of the rules)
            self._supervisor.note(watch.rule, of, error)
            return None

    def _due_ns(self, name: str, device: Watched[Presence], now_ns: int) -> int | None:
        """When a rule about the device may come to hold, where it hangs somewhere then."""
        dues_ns = [self.next_due(watch, device.state, name) for watch in device.watches]
        due_ns = min((each for each in dues_ns if each is not None), default=None)
        if due_ns is None or self._registry.binding(name, max(due_ns, now_ns)):
            return due_ns
        starts_ns = [each.from_ns for each in self._registry.bindings(name)]
        return min((each for each in starts_ns if each > max(due_ns, now_ns)), default=None)
