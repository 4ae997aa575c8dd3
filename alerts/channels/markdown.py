"""A message as work chats show it: a title, a few lines, and the link to answer by.

Labels and sentences come from data: what Markdown would take for an order is written by its
full-width twin, so nobody gets a link or a mention into a chat by naming a building.
"""

import re
from typing import NamedTuple

from alerts.channels.base import Outgoing

# Full-width twins read the same and order nothing; not every chat knows the backslash.
_ORDERS = str.maketrans("`*[]<>#@|~\\", "｀＊［］＜＞＃＠｜～＼")
_LINES_MAX = 12


class Card(NamedTuple):
    """`title` and `text` are Markdown that orders nothing; `link` may be empty."""

    title: str
    text: str
    link: str


def card(out: Outgoing, bytes_max: int) -> Card:
    """`out` within `bytes_max` of UTF-8, its link whole; lines from the end are left out first."""
    lines = out.text.splitlines() or [""]
    link = _link(out)
    answer = f"[回应 / Answer]({link})" if link else ""
    kept = [inert(line) for line in lines[:_LINES_MAX]]
    while len(kept) > 1 and len(_joined(kept, answer).encode()) > bytes_max - _TITLE_BYTES:
        kept.pop()
    return Card(inert(lines[0])[:64], _joined(kept, answer), link)


_TITLE_BYTES = 512
"""Room for what a channel adds: title, keyword, mention."""


def _joined(lines: list[str], answer: str) -> str:
    return "\n\n".join([*lines, answer] if answer else lines)


def inert(text: str) -> str:
    """`text` as it reads, with nothing in it that a chat would take for an order."""
    return text.translate(_ORDERS)


def text_with_link(out: Outgoing, bytes_max: int) -> str:
    """`out` as plain text within `bytes_max` of UTF-8; its link, if any, whole on the last line."""
    link = _link(out)
    room = bytes_max - len(link.encode()) - 1
    words = out.text.encode("utf-8", "ignore")[:room].decode("utf-8", "ignore")
    return f"{words}\n{link}" if link else words


def _link(out: Outgoing) -> str:
    said = out.payload.get("data")
    link = said.get("link") if isinstance(said, dict) else None
    return link if isinstance(link, str) and re.fullmatch(r"https?://[^\s()<>]+", link) else ""
