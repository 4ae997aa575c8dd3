from random import Random

from alerts.channels.base import Channel, Outcome, Outgoing
from simulators.clock import VirtualClock, run
from simulators.hook import HookFaults, MemoryHook

CALLS = 400


def _outcomes(faults: HookFaults) -> tuple[list[Outcome], MemoryHook]:
    async def main(clock: VirtualClock) -> tuple[list[Outcome], MemoryHook]:
        hook = MemoryHook(clock, Random(3), faults)
        channel: Channel = hook
        outcomes = []
        for number in range(CALLS):
            out = Outgoing(f"n{number}", "http://hook", "", {}, 0)
            outcomes.append((await channel.send(out, clock.now_ns())).outcome)
        return outcomes, hook

    return run(main, 0)


def test_without_faults_every_call_arrives_once() -> None:
    outcomes, hook = _outcomes(HookFaults())
    assert set(outcomes) == {Outcome.ACCEPTED}
    assert set(hook.times.values()) == {1}
    assert len(hook.times) == CALLS


def test_a_refused_call_never_arrives_and_a_lost_answer_may_hide_an_arrival() -> None:
    outcomes, hook = _outcomes(HookFaults(refused=0.3, lost=0.3))
    arrived = {number for number in range(CALLS) if hook.times[f"n{number}"]}
    by = {outcome: {n for n in range(CALLS) if outcomes[n] is outcome} for outcome in Outcome}
    assert by[Outcome.ACCEPTED] <= arrived
    assert not by[Outcome.TEMPORARY] & arrived
    assert by[Outcome.UNKNOWN] & arrived
    assert by[Outcome.UNKNOWN] - arrived
