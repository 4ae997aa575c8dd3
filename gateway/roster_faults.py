"""Places in a roster that its registry does not know: a person would answer for nothing."""

from pathlib import Path

from alerts.roster import Roster
from edge.registry import Registry
from edge.settings import ConfigFault


def strange_places(roster: Roster, registry: Registry, path: Path) -> list[ConfigFault]:
    """A fault for each area or home that is not in `registry`; `path` is only named in them."""
    known = {registry.site}
    for unit in registry.units():
        known |= {f"{registry.site}/{unit.building}", registry.subject(unit.code)}
    named = [
        (f"person.{n}.{key}", place)
        for n, person in enumerate(roster.person)
        for key, places in (("areas", person.areas), ("home", (person.home,)))
        for place in places
        if place is not None
    ]
    remedy = "write a site, site/building or site/building/unit of the registry"
    return [
        ConfigFault(path, key, f'no place "{place}"', remedy)
        for key, place in named
        if "/".join(place.split("/")[:3]) not in known
    ]
