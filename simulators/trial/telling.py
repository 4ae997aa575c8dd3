"""One trial as lines for a person who looks for a fault: what was to be, then what came."""

from collections.abc import Iterator

from simulators.trial.cast import KINDS
from simulators.trial.oracle import Claims
from simulators.trial.script import Script
from simulators.trial.stage import incident_of
from simulators.trial.truth import Truth


def told(script: Script, truth: Truth, claims: Claims) -> Iterator[str]:
    """The script's faults, then everything that happened, in the order of time."""
    yield f"seed {script.seed}: {script.ills}"
    yield f"dead: {sorted(script.dead)}; outages: {script.outages}; busy: {script.busy}"
    yield f"deaths: {script.deaths}; jumps of the clock: {script.steps}"
    yield from (line for _, line in sorted(_happened(script, truth)))
    yield f"answered, by the engine: {sorted(claims.answered)}"


def _happened(script: Script, truth: Truth) -> Iterator[tuple[float, str]]:
    for condition in script.conditions:
        name, kind = incident_of(condition.subject), KINDS[condition.kind][0]
        for said in condition.statements:
            yield said.at_s, f"{said.at_s:8.1f} edge: {name} {kind} {said.state}"
    for call in truth.calls:
        ended = "never" if call.ended_s is None else f"at {call.ended_s:.1f}"
        line = f"{call.channel} {call.idempotency_id} {call.purpose} of {call.incident}"
        yield call.began_s, f"{call.began_s:8.1f} call: {line}, ended {ended}: {call.answer}"
    for ring in truth.rings:
        line = f"{ring.person} has {ring.idempotency_id} {ring.purpose} of {ring.incident}"
        yield ring.at_s, f"{ring.at_s:8.1f} ring: {line}"
    for meant in truth.meant:
        done = "never" if meant.done_s is None else f"at {meant.done_s:.1f}"
        line = f"{meant.person} means {meant.act} for {meant.incident}"
        yield meant.at_s, f"{meant.at_s:8.1f} answer: {line}, taken {done}"
    for text in truth.texts:
        yield text.at_s, f"{text.at_s:8.1f} text: {text.person} writes {text.text!r}"
    for death_s in truth.deaths_s:
        yield death_s, f"{death_s:8.1f} the gateway dies"
