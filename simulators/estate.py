"""The papers of a simulated estate: the registry that an edge needs and the labels of places.

Pure: homes in, TOML text out. The same homes always give the same text.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from simulators.meters import INTERVAL, RESOLUTION_M3, ClockOf, Meter, right


@dataclass(frozen=True, slots=True)
class Home:
    """One dwelling with one water meter; `alone` when its resident lives alone."""

    name: str
    meter: Meter
    alone: bool

    @property
    def label_zh(self) -> str:
        """What a grid worker calls it, in Chinese."""
        return f"1栋{_room(self.name)}室"

    @property
    def label_en(self) -> str:
        """What a grid worker calls it, in English."""
        return f"Bldg 1 Rm {_room(self.name)}"


def home(name: str, *, site: str = "s01", alone: bool = True, clock: ClockOf = right) -> Home:
    """The home `name` of building b01; its code is its name, its meter is named after it."""
    meter = Meter(site=site, building="b01", unit=name, device=f"wm-{_room(name)}", clock=clock)
    return Home(name, meter, alone)


def registry_text(site: str, homes: Iterable[Home]) -> str:
    """The registry file of `homes`."""
    blocks = [f"version = 1\nsite = {_text(site)}\n"]
    for each in homes:
        meter = each.meter
        care = "[" + ('"alone"' if each.alone else "") + "]"
        blocks.append(
            f"[[unit]]\ncode = {_text(meter.unit)}\nbuilding = {_text(meter.building)}\n"
            f"care = {care}\n"
        )
        blocks.append(
            f'[[device]]\nid = {_text(meter.device)}\nkind = "water"\nunit = {_text(meter.unit)}\n'
            f"resolution_m3 = {RESOLUTION_M3}\ninterval = {_text(INTERVAL)}\n"
        )
    return "\n".join(blocks)


def places_text(homes: Iterable[Home]) -> str:
    """The file of labels of `homes`."""
    rows = [
        f"{_text(each.meter.subject)} = "
        f"{{ zh = {_text(each.label_zh)}, en = {_text(each.label_en)} }}"
        for each in homes
    ]
    return "\n".join(["version = 1", "", "[place]", *rows, ""])


def _room(name: str) -> str:
    return name.rpartition("-")[2]


def _text(value: str) -> str:
    """A TOML basic string; for text without control characters it is written as in JSON."""
    return json.dumps(value, ensure_ascii=False)
