"""The adapter between us and the telephones, played by its own rules.

It checks the signature of an order, calls once for an id that rings or was answered, and
makes the signed events with which it calls our door back.
"""

import json
from collections.abc import Mapping
from itertools import count

from alerts.channels.callback import Refused
from alerts.channels.signature import Signature
from simulators.carriers import Asked, Said

_OVER = frozenset({"no_answer", "busy", "rejected", "unreachable", "machine", "failed"})


class VoiceAdapter:
    """Takes orders signed with `key`; `orders` are the calls made, the newest last."""

    def __init__(self, key: str) -> None:
        self.orders: list[dict[str, object]] = []
        self._signature = Signature(key)
        self._standing: dict[str, str] = {}
        self._numbers = count(1)

    def __call__(self, asked: Asked, now_ns: int) -> Said:
        """Answer an order."""
        try:
            self._signature.known(asked.headers, asked.body, now_ns)
        except Refused:
            return Said('{"error":"bad signature"}', 401)
        order = asked.json().get("data")
        if not isinstance(order, Mapping):
            return Said('{"status":"refused","reason":"no order"}')
        known = self._standing.get(str(order["id"]))
        if known is None or known in _OVER:
            self._standing[str(order["id"])] = "ringing"
            self.orders.append(dict(order))
        return Said(json.dumps({"status": "accepted", "call": f"c-{order['id']}"}))

    def event(
        self, order_id: str, event: str, now_ns: int, *, number: str = "", key: str = ""
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body that tell our door of `event`; `number` and `key` go with "key"."""
        if event != "key":
            self._standing[order_id] = event
        said = {"id": order_id, "event": event, "number": number, "key": key}
        body = json.dumps({"type": "call.event", "data": said}).encode()
        return self._signature.headers(f"e{next(self._numbers)}", body, now_ns), body
