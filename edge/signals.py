"""Every alarm channel that has ever said something, and the rules about each.

One is kept from its first word on: most devices have none, and those that do may be of any
kind. What rings is told even when the device's clock is in doubt.
"""

from collections.abc import Iterator

from edge import episode
from edge.detectors.base import SignalDetector, signal_detectors
from edge.reading import Finding, Reading
from edge.registry import Registry
from edge.signal import Signal, SignalState
from edge.watch import Watch, Watched


class Signals:
    """The signals of one site; at most one for each device and each of the alarm `channels`."""

    def __init__(self, registry: Registry, utc_offset_h: float) -> None:
        self.by_name: dict[str, Watched[Signal]] = {}
        self._registry = registry
        self._utc_offset_h = utc_offset_h
        self._kinds: dict[str, list[type[SignalDetector]]] = {}
        self._again_ns: dict[str, int] = {}
        for kind in signal_detectors():
            for channel, again_ns in kind.channels().items():
                self._kinds.setdefault(channel, []).append(kind)
                self._again_ns[channel] = again_ns

        self.channels = frozenset(self._kinds)

    def hear(self, reading: Reading) -> Iterator[Finding]:
        """Yield what is to be said, at once, of the word that an alarm channel has just said.

        It is about the place where the device hangs when it is heard.
        """
        device, received_ns = reading.device, reading.received_ns
        subject = self._registry.device_subject(device, received_ns)
        subject = subject or self._registry.device_subject(device, reading.at_ns)
        if subject is None:
            return
        signal = self._signal(f"{device} {reading.channel}")
        signal.state.hear(reading)
        for watch in signal.watches:
            yield from _told(watch, signal.state, subject, reading)

    def states(self) -> dict[str, SignalState]:
        """What a checkpoint keeps, by names to `restore`."""
        return {name: signal.state.state for name, signal in self.by_name.items()}

    def restore(self, states: dict[str, SignalState]) -> None:
        """Take up `states`, of devices that the registry still knows."""
        for name, state in states.items():
            device, _, channel = name.partition(" ")
            if self._registry.knows(device) and channel in self._kinds:
                self._signal(name).state.state = state

    def _signal(self, name: str) -> Watched[Signal]:
        if name not in self.by_name:
            channel = name.partition(" ")[2]
            rules = [rule for kind in self._kinds[channel] for rule in kind.install(channel)]
            signal = Signal(self._again_ns[channel])
            self.by_name[name] = Watched(signal, rules, self._utc_offset_h)
        return self.by_name[name]


def _told(
    watch: Watch[Signal], signal: Signal, subject: str, reading: Reading
) -> Iterator[Finding]:
    """What the rule says; an alarm that is another one ends the last and is raised again."""
    for _ in range(2):
        status = watch.evaluate(signal, reading.received_ns)
        if status is None:
            return
        yield from watch.speak(signal, status, subject, episode.of_message(reading))
        if watch.episode is not None:
            return
