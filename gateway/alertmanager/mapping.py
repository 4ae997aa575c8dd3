"""From an alert of the outside to a finding of ours, and when there is nothing new to say.

Pure. The finding of an alert is found again by its rule, which is made of the fingerprint, so
repeats, restarts and two senders that say the same change nothing. Silence ends nothing: an alert
is over when its sender says so.
"""

from msgspec import Struct

from edge.reading import Evidence, Finding, FindingState, Tier, Timeliness, finding_id
from edge.topic import is_segment
from gateway.alertmanager.alert import Alert
from gateway.alertmanager.settings import AlertmanagerSettings
from gateway.clearing import cleared

PREFIX = "am_"
_PARTS_MAX = 4


class Meaning(Struct, frozen=True):
    """What an alert is here."""

    category: str
    tier: Tier
    subject: str


def rule_of(alert: Alert) -> str:
    """The rule under which the alert's findings stand."""
    return f"{PREFIX}{alert.fingerprint}"


def meaning_of(alert: Alert, settings: AlertmanagerSettings, site: str) -> Meaning:
    """Category, tier and place, by the first rule that matches."""
    place = _place(alert.labels.get(settings.subject_label, ""), site)
    for rule in settings.rule:
        if all(alert.labels.get(name) == value for name, value in rule.match.items()):
            return Meaning(rule.category, Tier(rule.tier), rule.subject or place)
    critical = alert.labels.get("severity") == "critical"
    return Meaning(settings.category, Tier.IMPORTANT if critical else Tier.GENERAL, place)


def statement(alert: Alert, known: Finding | None, meaning: Meaning, now_ns: int) -> Finding | None:
    """The finding that has to be taken now; None when `known`, the last one, says it already."""
    over = alert.ends_ns is not None and alert.ends_ns <= now_ns
    stands = known is not None and known.state is not FindingState.CLEARED
    if over:
        return cleared(known, now_ns) if known is not None and stands else None
    if stands:
        return None
    since_ns = min(alert.starts_ns or now_ns, now_ns)
    if known is not None and since_ns <= known.at_ns:
        since_ns = now_ns  # a new episode: the same start would be the one that has ended
    return _raised(alert, meaning, since_ns, now_ns)


def _raised(alert: Alert, meaning: Meaning, since_ns: int, now_ns: int) -> Finding:
    return Finding(
        id=finding_id(rule_of(alert), meaning.subject, since_ns),
        revision=0,
        rule=rule_of(alert),
        rule_version=1,
        subject=meaning.subject,
        category=meaning.category,
        tier=meaning.tier,
        state=FindingState.RAISED,
        since_ns=since_ns,
        at_ns=now_ns,
        timeliness=Timeliness.LIVE,
        evidence=Evidence(
            seen=dict(alert.labels),
            usual={},
            complete_until_ns=now_ns,
            delay_s_worst=0.0,
            sentence_zh=alert.text,
            sentence_en=alert.text,
        ),
    )


def _place(told: str, site: str) -> str:
    parts = told.split("/")
    ours = parts[0] == site and len(parts) <= _PARTS_MAX and all(is_segment(p) for p in parts)
    return told if ours else site
