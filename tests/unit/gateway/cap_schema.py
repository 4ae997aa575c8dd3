"""The rules of the schema of CAP 1.2 as a table, and what of a message breaks them.

An element is (name, least, most, check); order counts, as in the schema's sequences.
"""

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_NAME = re.compile(r"[^\s,<&]+")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_MANY = 10_000
Check = Callable[[Element], list[str]]
Rule = tuple[str, int, int, Check]


def _text(element: Element) -> list[str]:
    return [] if len(element) == 0 else [f"{element.tag} has children"]


def _like(pattern: re.Pattern[str]) -> Check:
    def check(element: Element) -> list[str]:
        return [] if pattern.fullmatch(element.text or "") else [f"{element.tag}: {element.text}"]

    return check


def _one_of(words: str) -> Check:
    return _like(re.compile("|".join(words.split())))


def _sequence(rules: list[Rule]) -> Check:
    def check(element: Element) -> list[str]:
        problems, left = [], list(element)
        for name, least, most, inner in rules:
            here = 0
            while left and left[0].tag == f"{CAP}{name}":
                problems += inner(left.pop(0))
                here += 1
            if not least <= here <= most:
                problems.append(f"{element.tag} has {here} of {name}")
        return problems + [f"{element.tag}: {each.tag} is out of place" for each in left]

    return check


_PAIR = _sequence([("valueName", 1, 1, _text), ("value", 1, 1, _text)])
_AREA = _sequence([
    ("areaDesc", 1, 1, _text), ("polygon", 0, _MANY, _text), ("circle", 0, _MANY, _text),
    ("geocode", 0, _MANY, _PAIR), ("altitude", 0, 1, _text), ("ceiling", 0, 1, _text),
])  # fmt: skip
_INFO = _sequence([
    ("language", 0, 1, _like(_LANGUAGE)),
    ("category", 1, _MANY, _one_of(
        "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other")),
    ("event", 1, 1, _text),
    ("responseType", 0, _MANY, _one_of(
        "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None")),
    ("urgency", 1, 1, _one_of("Immediate Expected Future Past Unknown")),
    ("severity", 1, 1, _one_of("Extreme Severe Moderate Minor Unknown")),
    ("certainty", 1, 1, _one_of("Observed Likely Possible Unlikely Unknown")),
    ("audience", 0, 1, _text), ("eventCode", 0, _MANY, _PAIR),
    ("effective", 0, 1, _like(_TIME)), ("onset", 0, 1, _like(_TIME)),
    ("expires", 0, 1, _like(_TIME)), ("senderName", 0, 1, _text), ("headline", 0, 1, _text),
    ("description", 0, 1, _text), ("instruction", 0, 1, _text), ("web", 0, 1, _text),
    ("contact", 0, 1, _text), ("parameter", 0, _MANY, _PAIR), ("area", 0, _MANY, _AREA),
])  # fmt: skip
_ALERT = _sequence([
    ("identifier", 1, 1, _like(_NAME)), ("sender", 1, 1, _like(_NAME)),
    ("sent", 1, 1, _like(_TIME)), ("status", 1, 1, _one_of("Actual Exercise System Test Draft")),
    ("msgType", 1, 1, _one_of("Alert Update Cancel Ack Error")), ("source", 0, 1, _text),
    ("scope", 1, 1, _one_of("Public Restricted Private")), ("restriction", 0, 1, _text),
    ("addresses", 0, 1, _text), ("code", 0, _MANY, _text), ("note", 0, 1, _text),
    ("references", 0, 1, _like(re.compile(rf"[^\s,]+,[^\s,]+,{_TIME.pattern}"))),
    ("incidents", 0, 1, _text), ("info", 0, _MANY, _INFO),
])  # fmt: skip


def problems(alert: Element) -> list[str]:
    """What of `alert` the schema, or the standard's own words about scope, would refuse."""
    found = [] if alert.tag == f"{CAP}alert" else [f"{alert.tag} is no alert"]
    if alert.findtext(f"{CAP}scope") == "Restricted" and alert.find(f"{CAP}restriction") is None:
        found.append("Restricted without a restriction")
    if alert.findtext(f"{CAP}msgType") != "Alert" and alert.find(f"{CAP}references") is None:
        found.append("an Update or Cancel of nothing")
    return found + _ALERT(alert)
