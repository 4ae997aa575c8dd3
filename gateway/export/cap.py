"""An incident as a message of the Common Alerting Protocol 1.2 (OASIS; GB/T 35965.1 is its kin).

A home is nobody's business: every message is Restricted. Its identifier bears the incident's
version, so that what is told again later is an Update of what was told before.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from alerts.incident import ENDED, Incident, State
from edge.reading import SECOND_NS, Tier
from gateway.book import Book
from gateway.export.story import Story

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
register_namespace("", ATOM)
register_namespace("cap", CAP)

# What was merged goes on in another one.
_PAST = ENDED - {State.MERGED}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URGENCY = MappingProxyType(
    {Tier.URGENT: "Immediate", Tier.IMPORTANT: "Expected", Tier.GENERAL: "Future"}
)
_SEVERITY = MappingProxyType(
    {Tier.URGENT: "Severe", Tier.IMPORTANT: "Moderate", Tier.GENERAL: "Minor"}
)
_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "welfare": "Rescue", "sos": "Rescue", "lift": "Rescue", "smoke": "Fire", "fire": "Fire",
        "gas": "Safety", "leak": "Safety", "security": "Security", "door": "Security",
        "gathering": "Security", "dispute": "Other",
        "supply": "Infra", "device": "Infra", "gateway": "Infra",
    }
)  # fmt: skip


class Issuer:
    """Who says it, how its places are called, and by which local time."""

    def __init__(self, site: str, book: Book) -> None:
        self.sender = f"shouwang@{site}"
        self.public_url = book.public_url
        self.places = book.places
        self._zone = book.zone

    def time(self, at_ns: int) -> str:
        """A moment in the only form that CAP allows: to the second, with an offset, never Z."""
        return datetime.fromtimestamp(at_ns // SECOND_NS, self._zone).isoformat(timespec="seconds")


def document(story: Story, issuer: Issuer) -> bytes:
    """One message as an XML document."""
    return _written(alert(story, issuer))


def feed(stories: Iterable[Story], issuer: Issuer, next_url: str | None, now_ns: int) -> bytes:
    """Several messages as an Atom feed that contains them."""
    root = Element(f"{{{ATOM}}}feed")
    _add(root, ATOM, "id", f"{issuer.public_url}/api/v1/export/incidents")
    _add(root, ATOM, "title", "Shouwang incidents")
    _add(root, ATOM, "updated", issuer.time(now_ns))
    if next_url is not None:
        SubElement(root, f"{{{ATOM}}}link", rel="next", href=next_url)
    for story in stories:
        each = story.detail.incident
        entry = SubElement(root, f"{{{ATOM}}}entry")
        _add(entry, ATOM, "id", f"{issuer.public_url}/incidents/{each.id}")
        _add(entry, ATOM, "title", each.sentence_en)
        _add(entry, ATOM, "updated", issuer.time(each.changed_ns))
        content = SubElement(entry, f"{{{ATOM}}}content", type="application/cap+xml")
        content.append(alert(story, issuer))
    return _written(root)


def alert(story: Story, issuer: Issuer) -> Element:
    """The message, its elements in the order of the schema."""
    each = story.detail.incident
    first = each.version == 1
    root = Element(f"{{{CAP}}}alert")
    fields = {
        "identifier": f"{each.id}.{each.version}",
        "sender": issuer.sender,
        "sent": issuer.time(each.changed_ns),
        "status": "Exercise" if story.drill else "Actual",
        "msgType": "Alert" if first else _message_type(each),
        "scope": "Restricted",
        "restriction": "those who answer for this home",
        "references": None
        if first
        else f"{issuer.sender},{each.id}.1,{issuer.time(each.opened_ns)}",
        "incidents": each.id,
    }
    for name, text in fields.items():
        if text is not None:
            _add(root, CAP, name, text)
    for language in ("zh-CN", "en-US"):
        root.append(_info(each, issuer, language))
    return root


def _message_type(each: Incident) -> str:
    return "Cancel" if each.state is State.WITHDRAWN else "Update"


def _info(each: Incident, issuer: Issuer, language: str) -> Element:
    chinese = language == "zh-CN"
    sentence = each.sentence_zh if chinese else each.sentence_en
    info = Element(f"{{{CAP}}}info")
    fields = {
        "language": language,
        "category": _CATEGORIES.get(each.category, "Other"),
        "event": each.category,
        "urgency": "Past" if each.state in _PAST else _URGENCY.get(each.tier, "Unknown"),
        "severity": _SEVERITY.get(each.tier, "Unknown"),
        "certainty": "Observed" if each.acked_ns is not None else "Likely",
        "effective": issuer.time(each.opened_ns),
        "onset": issuer.time(each.since_ns),
        "headline": sentence[:160],
        "description": sentence,
        "web": f"{issuer.public_url}/incidents/{each.id}",
    }
    for name, text in fields.items():
        _add(info, CAP, name, text)
    for name, value in _parameters(each).items():
        parameter = SubElement(info, f"{{{CAP}}}parameter")
        _add(parameter, CAP, "valueName", name)
        _add(parameter, CAP, "value", value)
    area = SubElement(info, f"{{{CAP}}}area")
    _add(area, CAP, "areaDesc", issuer.places.label(each.subject, "zh" if chinese else "en"))
    geocode = SubElement(area, f"{{{CAP}}}geocode")
    _add(geocode, CAP, "valueName", "shouwang:subject")
    _add(geocode, CAP, "value", each.subject)
    return info


def _parameters(each: Incident) -> dict[str, str]:
    told = {"state": each.state.value, "rule": each.rule, "plan": each.plan_id}
    told |= {"merged_into": each.merged_into} if each.merged_into else {}
    return told | ({"outcome": each.outcome.value} if each.outcome else {})


def _written(root: Element) -> bytes:
    document: bytes = tostring(root, "utf-8", xml_declaration=True)
    return document


def _add(parent: Element, space: str, name: str, text: str) -> None:
    """A child with `text`, less what no XML document may hold."""
    SubElement(parent, f"{{{space}}}{name}").text = _NOT_XML.sub("\ufffd", text)
