"""What a finding says of the home's other streams: what each showed last, how far it is known."""

from typing import TYPE_CHECKING

from edge.reading import MINUTE_NS
from edge.signs.base import signs
from edge.signs.heed import is_heeded
from edge.signs.nobody import wrong_a_month
from edge.signs.stream import StreamState

if TYPE_CHECKING:
    from edge.quiet import Quiet

_NAMED_MAX = 4
"""A sentence names so many of them; the numbers beside it name all."""


def sentences(quiet: "Quiet", since_ns: int, at_ns: int) -> tuple[str, str]:
    """What follows the finding's own sentence in each language; nothing where no stream is."""
    told = [_one(quiet, name, since_ns, at_ns) for name in sorted(quiet.state.streams)]
    if not told:
        return "", ""
    zh, en = zip(*told[:_NAMED_MAX], strict=True)
    return "；另看" + "、".join(zh), "; also looked at: " + ", ".join(en)


def numbers(quiet: "Quiet", since_ns: int, at_ns: int) -> dict[str, float | str]:
    """The same for every stream, and how often a month it rises with nobody there."""
    told = []
    for name, state in sorted(quiet.state.streams.items()):
        wrong = wrong_a_month(state.nobody)
        shown, share = _clock(state.rose_ns, quiet.offset_ns), _share(state, since_ns, at_ns)
        told.append(f"{name} {shown} {share}% {wrong:.0f}/30d")
    return {"signs": "; ".join(told)} if told else {}


def _one(quiet: "Quiet", name: str, since_ns: int, at_ns: int) -> tuple[str, str]:
    state = quiet.state.streams[name]
    zh, en = next(sign.words for sign in signs().values() if sign.kind == state.kind)
    share, shown = _share(state, since_ns, at_ns), _clock(state.rose_ns, quiet.offset_ns)
    heeded_zh, heeded_en = ("计入", "heeded") if _counts(quiet, state, at_ns) else _NOT
    return (
        f"{zh} {name}（最近变化 {shown}，完整 {share}%，{heeded_zh}）",
        f"{en} {name} (rose last {shown}, {share} % complete, {heeded_en})",
    )


def _counts(quiet: "Quiet", state: StreamState, at_ns: int) -> bool:
    return quiet.odds_h(at_ns) is not None and is_heeded(state, at_ns)


def _share(state: StreamState, since_ns: int, at_ns: int) -> int:
    """Of the time since `since_ns`, so many percent are known."""
    known_ns = min(state.until_ns, at_ns) - max(state.whole_ns, since_ns)
    return 100 * max(0, known_ns) // max(1, at_ns - since_ns)


def _clock(at_ns: int | None, offset_ns: int) -> str:
    if at_ns is None:
        return "-"
    minutes = (at_ns + offset_ns) // MINUTE_NS
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


_NOT = ("未计入", "not heeded")
