"""How a page is made: its language, its words and the state of the system around it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from alerts.incident import FalseReason, Outcome
from edge.reading import SECOND_NS
from gateway.access.role import Principal, Right
from gateway.api.desk import Desk, desk_of
from gateway.console import phrase
from gateway.console.texts import TEXTS, Lang, say
from gateway.health import EdgeView, Link, Vitals

HERE = Path(__file__).parent
_YEAR_S = 365 * 86_400
_PREFERENCES = {"lang": frozenset(Lang), "large": frozenset({"0", "1"})}
_HOUR_S = 3_600

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A line above everything: the system itself is not well."""

    text: str
    grave: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """Says things in the reader's language, at one moment, in the site's zone."""

    lang: Lang
    now_ns: int
    zone: tzinfo

    def say(self, key: str, **values: object) -> str:
        """The text of `key`."""
        return say(self.lang, key, **values)

    def name(self, kind: str, code: str, **values: object) -> str:
        """The word for a code of that kind, or the code itself where there is none."""
        key = f"{kind}.{code}"
        return say(self.lang, key, **values) if key in TEXTS else code

    def listed(self, names: Iterable[str]) -> str:
        """Names one after the other."""
        return ("、" if self.lang is Lang.ZH else ", ").join(names)

    def words(self, key: str) -> str:
        """The text of `key` with its places for values left open, for the browser."""
        words = TEXTS[key]
        return words.zh if self.lang is Lang.ZH else words.en

    def moment(self, at_ns: int) -> str:
        """A point in time."""
        return phrase.moment(self.lang, at_ns, self.now_ns, self.zone)

    def ago(self, at_ns: int) -> str:
        """How long ago."""
        return phrase.ago(self.lang, at_ns, self.now_ns)

    def span(self, duration_s: float) -> str:
        """A duration."""
        return phrase.span(self.lang, duration_s)

    def iso(self, at_ns: int) -> str:
        """A point in time for machines."""
        return phrase.local(at_ns, self.zone).isoformat()

    def countdown(self, due_ns: int) -> str:
        """Minutes and seconds until then, or that it is due."""
        left_s = (due_ns - self.now_ns) // SECOND_NS
        if left_s <= 0:
            return self.say("card.due_now")
        hours, rest_s = divmod(left_s, _HOUR_S)
        return f"{hours}:" * bool(hours) + f"{rest_s // 60:02}:{rest_s % 60:02}"


_READERS_NAV = (
    ("incidents", "/"), ("units", "/units"), ("edges", "/edges"), ("silences", "/silences"),
    ("rules", "/rules"), ("campaigns", "/campaigns"), ("work_items", "/work-items"),
    ("roster", "/roster"), ("plans", "/plans"), ("uptime", "/uptime"),
)  # fmt: skip
_INSTALLERS_NAV = (("install", "/install"),)


def voice_of(request: Request) -> Voice:
    """The voice for this request: its query, then its cookie, then its account decide."""
    desk = desk_of(request)
    principal: Principal | None = getattr(request.state, "principal", None)
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    lang = asked or (principal.lang if principal else Lang.ZH)
    return Voice(Lang(lang) if lang in set(Lang) else Lang.ZH, desk.clock.now_ns(), desk.book.zone)


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page around `context`, with warnings above it when the system is not well."""
    desk, voice = desk_of(request), voice_of(request)
    principal: Principal | None = getattr(request.state, "principal", None)
    vitals = desk.vitals() if principal else None
    frame = {
        "lang": voice.lang,
        "large": _asked(request, "large") == "1",
        "principal": principal,
        "now_ns": voice.now_ns,
        "now_s": f"{voice.now_ns / SECOND_NS:.3f}",
        "speed": desk.clock.speed,
        "section": None,
        "nav": _nav(desk, principal),
        "notice": None,
        "vitals": vitals,
        "edges": vitals.edges if vitals else (),
        "warnings": warnings(voice, vitals) if vitals else (),
        "switch": lambda **asked: f"?{request.url.include_query_params(**asked).query}",
        "outcomes": [outcome.value for outcome in Outcome],
        "false_reasons": [reason.value for reason in FalseReason],
    }
    page = _templates.get_template(template).render(_words(voice) | frame | context)
    response = HTMLResponse(page, status)
    _keep_preferences(request, response, desk)
    return response


def _nav(desk: Desk, principal: Principal | None) -> tuple[tuple[str, str], ...]:
    """What this person may go to: name and path."""
    reads = principal is not None and principal.may(Right.READ)
    installs = principal is not None and principal.may(Right.INSTALL) and desk.office is not None
    return (_READERS_NAV if reads else ()) + (_INSTALLERS_NAV if installs else ())


def warnings(voice: Voice, vitals: Vitals) -> tuple[Alarm, ...]:
    """What is wrong with the system itself, gravest first."""
    found = []
    if not vitals.can_notify:
        found.append(Alarm(voice.say("system.cannot_notify"), grave=True))
    found += _counted(voice, vitals, ("orphans", "refused", "mended"), grave=True)
    if not vitals.is_audited:
        found.append(Alarm(voice.say("system.not_audited"), grave=True))
    if not vitals.hears:
        key = "system.no_intake" if vitals.edges else "system.no_edge"
        found.append(Alarm(voice.say(key), grave=True))
    found += _counted(voice, vitals, ("unreached", "uncovered"), grave=False)
    if vitals.capped:
        named = voice.listed(voice.name("channel", each) for each in vitals.capped)
        found.append(Alarm(voice.say("system.capped", channels=named), grave=False))
    if vitals.calendar_year is not None:
        text = voice.say("system.calendar", year=vitals.calendar_year)
        found.append(Alarm(text, grave=False))
    for edge in vitals.edges:
        found += [Alarm(text, grave=False) for text in _edge_warnings(voice, edge)]
    return tuple(found)


def _counted(
    voice: Voice, vitals: Vitals, names: tuple[str, ...], *, grave: bool
) -> Iterator[Alarm]:
    """An alarm for each of these numbers that is not nought."""
    for name in names:
        if count := getattr(vitals, name):
            yield Alarm(voice.say(f"system.{name}", count=count), grave)


def _edge_warnings(voice: Voice, edge: EdgeView) -> Iterator[str]:
    if edge.state is Link.DOWN:
        yield voice.say("system.edge_down", edge=edge.edge)
    elif edge.state is Link.STALE and not edge.at_ns:
        yield voice.say("system.edge_unheard", edge=edge.edge)
    elif edge.state is Link.STALE:
        age = voice.span((voice.now_ns - edge.at_ns) / SECOND_NS)
        yield voice.say("system.edge_stale", edge=edge.edge, age=age)
    if edge.is_waiting_for_time:
        held = edge.health.get("held_deliveries")
        count = phrase.plain(held) if isinstance(held, int | float) else "?"
        yield voice.say("system.edge_time", edge=edge.edge, count=count)
    if edge.health.get("clocks_disagree"):
        yield voice.say("system.edge_clocks", edge=edge.edge)
    if edge.is_clock_wrong:
        yield voice.say("system.edge_clock", edge=edge.edge)
    if edge.health.get("rules_broken"):
        yield voice.say("system.edge_rules", edge=edge.edge)
    flooding = edge.health.get("flooding")
    if isinstance(flooding, dict) and flooding:
        yield voice.say("system.edge_flood", edge=edge.edge, devices=", ".join(flooding))


def _words(voice: Voice) -> dict[str, Any]:
    return {
        "t": voice.say,
        "name": voice.name,
        "words": voice.words,
        "moment": voice.moment,
        "ago": voice.ago,
        "span": voice.span,
        "iso": voice.iso,
        "countdown": voice.countdown,
        "litres": phrase.litres,
        "plain": phrase.plain,
    }


def _asked(request: Request, name: str) -> str | None:
    value = request.query_params.get(name) or request.cookies.get(name)
    return value if value in _PREFERENCES[name] else None


def _keep_preferences(request: Request, response: Response, desk: Desk) -> None:
    for name, allowed in _PREFERENCES.items():
        value = request.query_params.get(name)
        if value in allowed:
            response.set_cookie(
                name, value, max_age=_YEAR_S, secure=desk.secure, httponly=True, samesite="lax"
            )
