"""Since when the gateway has had no link to the broker, as far as anybody has looked."""

from collections.abc import Callable


class LinkSeen:
    """Looks at a link whenever it is asked; `connected` says whether there is one now."""

    def __init__(self, connected: Callable[[], bool]) -> None:
        self._connected = connected
        self._lost_ns: int | None = None

    def lost_ns(self, now_ns: int) -> int | None:
        """When its lack was first seen, None while there is one; a clock set back begins anew."""
        if self._connected():
            self._lost_ns = None
        elif self._lost_ns is None or self._lost_ns > now_ns:
            self._lost_ns = now_ns
        return self._lost_ns
