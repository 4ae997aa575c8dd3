"""An alert as Alertmanager's API v2 and its webhook v4 speak of it, read without trust.

Pure and total: any JSON value gives alerts, and refusals that say which one and why; one bad
alert leaves its neighbours alone.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from gateway.db.storable import storable

ALERTS_MAX = 500
"""Alerts of one call that are looked at; the caller is told of the others."""
_LABELS_MAX = 32
_LABEL_CHARS_MAX = 256
_TEXT_MAX = 300
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
_YEAR_MIN, _YEAR_MAX = 2000, 2200


class Alert(Struct, frozen=True):
    """One alert; `starts_ns` and `ends_ns` are None where it does not say."""

    labels: Mapping[str, str]
    text: str
    starts_ns: int | None
    ends_ns: int | None

    @property
    def fingerprint(self) -> str:
        """What tells it from every other: the labels alone, as Alertmanager computes it."""
        total = _FNV_OFFSET
        for name in sorted(self.labels):
            for byte in b"\xff".join([name.encode(), self.labels[name].encode(), b""]):
                total = (total ^ byte) * _FNV_PRIME & (2**64 - 1)
        return f"{total:016x}"


class BadAlert(ValueError):  # noqa: N818  (the sender's fault, not ours)
    """It cannot be used; the message says why, without repeating it."""


def read_all(body: object) -> tuple[list[Alert], list[str]]:
    """The alerts of a call's body, of either form, and what was refused.

    Raises:
        BadAlert: the body is of neither form.
    """
    items = body.get("alerts") if isinstance(body, dict) else body
    if not isinstance(items, list):
        raise BadAlert("the body is neither a list of alerts nor a webhook of version 4")
    alerts, refused = [], []
    for number, item in enumerate(items[:ALERTS_MAX]):
        try:
            alerts.append(read(item))
        except BadAlert as bad:
            refused.append(f"alert {number}: {bad}")
    if len(items) > ALERTS_MAX:
        refused.append(f"only the first {ALERTS_MAX} alerts were looked at")
    return alerts, refused


def read(item: object) -> Alert:
    """One alert.

    Raises:
        BadAlert: it is none.
    """
    if not isinstance(item, dict):
        raise BadAlert("is not an object")
    labels = _labels(item.get("labels"))
    ends_ns = _moment(item.get("endsAt"), "endsAt")
    if item.get("status") == "firing":
        ends_ns = None  # a webhook's firing alert bears the zero time, or a guess
    return Alert(labels, _text(item.get("annotations"), labels), _moment(
        item.get("startsAt"), "startsAt"), ends_ns)  # fmt: skip


def _labels(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise BadAlert("has no labels")
    if len(value) > _LABELS_MAX:
        raise BadAlert(f"has more than {_LABELS_MAX} labels")
    for name, text in value.items():
        if not isinstance(text, str) or len(text) > _LABEL_CHARS_MAX or not _NAME.fullmatch(name):
            raise BadAlert("has a label that is no name with a text of up to 256 characters")
    # An empty label is no label, as everywhere in Prometheus.
    labels = {name: text for name, text in value.items() if text}
    if "alertname" not in labels:
        raise BadAlert("has no alertname")
    return labels


def _text(annotations: Any, labels: Mapping[str, str]) -> str:
    told = annotations if isinstance(annotations, dict) else {}
    for name in ("summary", "description", "message"):
        if isinstance(told.get(name), str) and told[name].strip():
            return storable(f"{labels['alertname']}: {told[name].strip()}", _TEXT_MAX)
    return storable(labels["alertname"], _TEXT_MAX)


def _moment(value: object, name: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        at = datetime.fromisoformat(str(value)[:40])
    except ValueError:
        raise BadAlert(f"{name} is no RFC 3339 time") from None
    if at.tzinfo is None:
        raise BadAlert(f"{name} has no time zone")
    if at.year < _YEAR_MIN:
        return None  # the zero time: not said
    if at.year > _YEAR_MAX:
        raise BadAlert(f"{name} is beyond any time of ours")
    return int(at.timestamp() * 1_000) * 1_000_000
