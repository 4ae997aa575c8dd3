"""An incident whose messages wait, and why: nobody is told, and everybody can see that.

A hold begins and ends in the transaction that changes its reason. Whatever still lasts when
it ends is told at once, by a plan that begins anew.
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import structs

from alerts.incident import ESCALATING, Incident, restarted


class Why(StrEnum):
    """What holds an incident's messages back; an earlier member is named first."""

    CAUSE = "cause"  # another incident explains it
    SILENCE = "silence"  # a person has asked for it
    FLAPPING = "flapping"  # it comes and goes; what stays is told
    ASKING = "asking"  # its resident is asked first


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an incident is held: `by` is the id of the incident or silence, else "".

    It is looked at again at `until_ns`, if ever by the clock alone.
    """

    why: Why
    by: str
    until_ns: int | None = None


def can_be_held(incident: Incident) -> bool:
    """Whether anybody is still to be told of it."""
    return incident.state in ESCALATING and incident.next_due_ns is not None


def held(incident: Incident, now_ns: int) -> Incident:
    """The incident with its plan's clock stopped."""
    return structs.replace(
        incident, next_due_ns=None, version=incident.version + 1, changed_ns=now_ns
    )


def released(incident: Incident, now_ns: int) -> Incident:
    """The incident with its plan begun anew, its first step due now."""
    return structs.replace(
        restarted(incident, now_ns), version=incident.version + 1, changed_ns=now_ns
    )
