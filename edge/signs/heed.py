"""What the other streams of a home say of its resident, beside water and door.

An hour that rises as the resident makes it rise makes trouble less likely, one that does not makes
it likelier, by as much as this home has shown. Neither ends a quiet: only water, door and motion
do; a stream that rises twelve hours after them is not believed until the next.
"""

from typing import TYPE_CHECKING

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from edge.signs import readiness
from edge.signs.base import signs
from edge.signs.nobody import shares
from edge.signs.stream import StreamState, clock_h, follow

if TYPE_CHECKING:
    from edge.quiet import Quiet  # which keeps what is remembered here

STREAMS_MAX = 8
"""Of a home; one more, and the one that was silent longest is forgotten."""
_NIGHT = range(1, 5)
_LEAVING_NS = 10 * MINUTE_NS
_SAME_HOUR_NS = 30 * MINUTE_NS
_TOO_LATE_NS = 90 * MINUTE_NS
_BELIEVED_NS = 12 * HOUR_NS
"""So long after water, door or motion a rise is believed: whoever is well draws water by then."""
_TRUST = 0.5
"""Streams are no independent witnesses: a kettle is filled before it is heated."""
_HEEDED_FROM = 8
"""Rises that a stream has to have shown before anything is made of it, or of their absence."""
_FAILED_NS = 3 * DAY_NS
"""A stream that has not risen for so long has failed, or nobody is there."""


def heed(quiet: "Quiet", reading: Reading) -> None:
    """Follow a device of the home, where the terms name its sign."""
    sign = signs().get(reading.kind)
    if sign is None or sign.name not in quiet.heeds or reading.channel not in sign.channels:
        return
    streams = quiet.state.streams
    state = streams.get(reading.device)
    if state is None:
        if len(streams) >= STREAMS_MAX:
            del streams[min(streams, key=lambda name: streams[name].until_ns)]
        state = streams[reading.device] = StreamState(sign.kind)

    def is_nobody(start_ns: int, end_ns: int) -> bool:
        return nobody_within(quiet, start_ns, end_ns)

    follow(sign, state, reading, quiet.offset_ns, is_nobody)
    attest(quiet)


def attest(quiet: "Quiet") -> None:
    """Weigh what every stream has told of the hour that water and door were last heard of."""
    belief, since_ns = quiet.state.belief, quiet.since_ns
    if belief is None or since_ns is None or not belief.weights:
        return
    for _, state in sorted(quiet.state.streams.items()):
        if state.told is None or state.told[0] > belief.until_ns + _SAME_HOUR_NS:
            continue
        (end_ns, step), state.told = state.told, None
        is_stale = end_ns < belief.until_ns - _TOO_LATE_NS
        if is_stale or is_disbelieved(state, since_ns):
            continue
        from edge.residents.witness import weighed  # noqa: PLC0415  (numpy: only with such a door)

        local_h = clock_h(end_ns, quiet.offset_ns)
        nobodys = shares(state.nobody, local_h % 24)
        likely = readiness.likely(state.readiness, nobodys, step)
        trust = _TRUST if is_heeded(state, end_ns) else 0.0
        believed = weighed(belief, likely, nobodys[step], trust=trust)
        readiness.learn(state.readiness, local_h // 24, believed[:3], nobodys, step)


def is_disbelieved(state: StreamState, since_ns: int) -> bool:
    """Whether it rose so late in this quiet that nothing it shows until the next one is believed.

    Else only its hours without a rise would be heard.
    """
    return state.rose_ns is not None and state.rose_ns - since_ns > _BELIEVED_NS


def is_heeded(state: StreamState, at_ns: int) -> bool:
    """Whether anything is made of the stream: it rises at times, and lately has."""
    lately = state.rose_ns is not None and at_ns - state.rose_ns <= _FAILED_NS
    return lately and state.readiness.shown >= _HEEDED_FROM


def nobody_within(quiet: "Quiet", start_ns: int, end_ns: int) -> bool:
    """Whether nobody did anything at home in that hour, for all that water, door and motion say.

    The resident is out, sleeps, or has drawn no water for a day. In doubt it is not so: then the
    stream only learns less.
    """
    state, since_ns = quiet.state, quiet.since_ns
    if state.out_ns is not None:
        return state.out_ns <= start_ns - _LEAVING_NS
    if since_ns is None or min(state.known_ns.values()) < start_ns or since_ns > start_ns - HOUR_NS:
        return False
    clock = ((start_ns + end_ns) // 2 + quiet.offset_ns) // HOUR_NS % 24
    return clock in _NIGHT or start_ns - since_ns >= DAY_NS
