"""What goes wrong in a world, drawn from one seed.

Pure: the same seed draws the same fate. Seed 0 is a calm world, in which nothing fails.
"""

import random
from dataclasses import dataclass, field

from simulators.broker import BrokerFaults
from simulators.hook import HookFaults
from simulators.smsd import Network


@dataclass(frozen=True, slots=True)
class Fate:
    """Faults of the wire, the broker, the channels and the processes.

    `duplicated` and `reordered` are shares of the meters' messages. `edge_life_s` and
    `gateway_life_s` are mean times between kills (0: never killed).
    """

    broker: BrokerFaults = field(default_factory=BrokerFaults)
    hook: HookFaults = field(default_factory=HookFaults)
    network: Network = field(default_factory=Network)
    duplicated: float = 0.0
    reordered: float = 0.0
    edge_life_s: float = 0.0
    gateway_life_s: float = 0.0


CALM = Fate()


def fate(seed: int) -> Fate:
    """The fate of `seed`: each kind of fault is present in most worlds, and mild to rough."""
    if seed == 0:
        return CALM
    rng = random.Random(f"fate {seed}")
    hour_s = 3600.0

    def some(low: float, high: float) -> float:
        return rng.uniform(low, high) if rng.random() < 3 / 4 else 0.0

    return Fate(
        BrokerFaults(
            link_life_s=some(0.25 * hour_s, 6 * hour_s),
            duplicate=some(0.0, 0.3),
            delay_s=some(0.1, 20.0),
            reject=some(0.0, 0.3),
        ),
        HookFaults(refused=some(0.0, 0.3), lost=some(0.0, 0.2)),
        Network(
            refused=some(0.0, 0.3),
            undelivered=some(0.0, 0.2),
            unreported=some(0.0, 0.5),
        ),
        duplicated=some(0.0, 0.3),
        reordered=some(0.0, 0.3),
        edge_life_s=some(0.5 * hour_s, 6 * hour_s),
        gateway_life_s=some(0.5 * hour_s, 6 * hour_s),
    )
