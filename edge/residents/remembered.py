"""What is remembered of a resident whose door tells who goes out; `edge.residents.belief` fills it.

It stands apart from the sums, and from numpy, which only homes with such a door need.
"""

from msgspec import Struct

from edge.residents.passage import Passage

_PASSAGES_MAX = 8
"""In one hour; whatever comes after them is a sign of life and moves nobody."""

OWN_USE_KNOWN_FIRST = 16.0
"""Homes differ from their candidates by about a quarter in the logarithm of the odds of a use."""


class Belief(Struct, array_like=True):
    """Up to `until_ns`, the weights by candidate and state, and the odds; 3 KB.

    `passages` are those that the door has shown since; `leaves` if the last before was out.
    `in_ns` and `out_ns` are when it last showed either. `own_use` is how the home's use differs
    from the candidates', and how well that is known (`edge.residents.own_use`); `own_paces` are
    the same of the paces of its changes (`edge.residents.own_paces`).
    """

    until_ns: int
    weights: bytes
    odds_h: float = 0.0
    passages: tuple[Passage, ...] = ()
    leaves: bool = False
    in_ns: int | None = None
    out_ns: int | None = None
    own_use: tuple[float, float] = (0.0, OWN_USE_KNOWN_FIRST)
    own_paces: bytes = b""


def passed(belief: Belief, passage: Passage, at_ns: int) -> None:
    """Somebody went through the door at `at_ns`: a sign of life."""
    belief.odds_h = 0.0
    if passage is Passage.IN:
        belief.in_ns = at_ns
    else:
        belief.out_ns = at_ns
    if len(belief.passages) < _PASSAGES_MAX:
        belief.passages = (*belief.passages, passage)


def is_two_way(belief: Belief, since_ns: int) -> bool:
    """Whether the door has shown somebody come in and somebody go out since `since_ns`."""
    shown = (belief.in_ns, belief.out_ns)
    return all(at_ns is not None and at_ns >= since_ns for at_ns in shown)
