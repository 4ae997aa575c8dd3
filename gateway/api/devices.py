"""Devices under /api/v1: where one hangs and when it was heard, and what may become of it.

Reading and claiming are for installers too; the other acts are for operators. Each act is
one new version of the registry, with the name of whoever asked.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Query, Request
from msgspec import Struct
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from edge.reading import MINUTE_NS, SECOND_NS, Kind
from gateway.access.role import Principal, Right
from gateway.api.desk import desk_of, principal_of, require
from gateway.api.problem import Problem, finite_json
from gateway.api.routes import Id, unit_of
from gateway.db import registry as rows
from gateway.db import seen
from gateway.db.engine import reading
from gateway.registry import card as acts
from gateway.registry.card import Card, Impossible, Replacement
from gateway.registry.claim import CODE_CHARS_MAX, ClaimError, Label, read_code
from gateway.registry.doubt import doubts
from gateway.registry.office import Act, Office, Why

PAGE_MAX = 200
SKEW_NS = MINUTE_NS
"""A time may be ahead by this much: the installer's phone is not our clock."""

router = APIRouter(prefix="/api/v1")
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Why_ = Annotated[str, Field(max_length=500)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ActBody(_Body):
    """An act on a device; without `at` it holds from now on."""

    at: AwareDatetime | None = None
    why: Why_ = ""


class PlaceBody(ActBody):
    """An act that needs a home."""

    unit: Code


class ReplacementBody(ActBody):
    """The last reading of the old meter and the first of the new; `sure` overrides doubts."""

    last_m3: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
    first_m3: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
    vendor: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}:[^\s:].{0,127}$")] | None = None
    sure: bool = False


class ClaimBody(_Body):
    """The code on the label, and the home that the device hangs in now."""

    code: Annotated[str, Field(min_length=1, max_length=CODE_CHARS_MAX)]
    unit: Code


class DeviceView(Struct, frozen=True):
    """One device now; `last_seen_s` is the age of its last message, None when never heard.

    `applied` says whether the edge that heard it, or else every edge, goes by the `version`
    that last changed the device.
    """

    id: str
    kind: str
    vendor: str | None
    unit: str | None
    since: str | None
    retired: bool
    last_seen_s: float | None
    edge: str | None
    version: int
    applied: bool


class StrangerView(Struct, frozen=True):
    """A name that an edge heard and that no device has."""

    name: str
    edge: str
    last_seen_s: float


@router.get("/devices")
async def devices(
    request: Request,
    unit: Annotated[str | None, Query(max_length=32)] = None,
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> Response:
    """A page of devices by id; with `unit` those that hang there now."""
    _may_see(request)
    wanted = [card for card in _cards_in(request, unit) if card.device > after]
    page = wanted[:limit]
    more = page[-1].device if len(wanted) > limit else None
    views = _views(office_of(request), page, desk_of(request).clock.now_ns())
    return finite_json({"devices": views, "next": more})


def views_in(request: Request, unit: str) -> list[DeviceView]:
    """The devices that hang in a home now, at most a page of them.

    Raises:
        Problem: there is no such home, or this gateway does not own the registry.
    """
    cards = _cards_in(request, unit)[:PAGE_MAX]
    return _views(office_of(request), cards, desk_of(request).clock.now_ns())


def _cards_in(request: Request, unit: str | None) -> list[Card]:
    desk, office = desk_of(request), office_of(request)
    if unit is not None:
        unit_of(desk, unit)
    now_ns = desk.clock.now_ns()
    cards = [card for _, card in sorted(office.held.cards.items())]
    return [card for card in cards if unit is None or _unit(card, now_ns) == unit]


@router.get("/devices/{device}")
async def device(request: Request, device: Id) -> Response:
    """One device."""
    _may_see(request)
    return _answer(request, _card(office_of(request), device))


@router.get("/strangers")
async def strangers(request: Request) -> Response:
    """Names that edges heard and that no device has: heard, but not claimed."""
    _may_see(request)
    return finite_json({"strangers": strangers_of(request, PAGE_MAX)})


def strangers_of(request: Request, limit: int) -> list[StrangerView]:
    """The names that knocked last, newest first.

    Raises:
        Problem: this gateway does not own the registry.
    """
    office, now_ns = office_of(request), desk_of(request).clock.now_ns()
    with reading(office.database) as connection:
        found = seen.strangers(connection, limit)
    return [StrangerView(each.name, each.edge, _age_s(now_ns, each.heard_ns)) for each in found]


@router.post("/claims")
async def claim(request: Request, body: ClaimBody) -> Response:
    """The device of the label hangs in the home from now on."""
    return _answer(request, claim_device(request, body))


def claim_device(request: Request, body: ClaimBody) -> Card:
    """The card of the label's device, which whoever is signed in has claimed.

    Raises:
        Problem: 403, or the code, the home or the device is not for claiming.
    """
    person, desk, office = require(request, Right.INSTALL), desk_of(request), office_of(request)
    unit_of(desk, body.unit)
    try:
        label = read_code(body.code, office.label_key)
    except ClaimError as error:
        raise Problem(422, error.fault.value, _CLAIM_TITLES[error.fault.value]) from None
    owner = office.registry.by_vendor(label.name)
    if owner is not None and owner != label.device:
        raise Problem(409, "claimed_already", "That device is registered under another id.")
    now_ns = desk.clock.now_ns()
    act = partial(_claimed, label=label, unit=body.unit, now_ns=now_ns)
    return _changed(request, label.device, act, Why(person.login, "claim"))


@router.post("/devices/{device}/bind")
async def bind(request: Request, device: Id, body: PlaceBody) -> Response:
    """The device hangs in a home again, from `at` on."""
    return _placed(request, device, body, "bind", acts.bind)


@router.post("/devices/{device}/move")
async def move(request: Request, device: Id, body: PlaceBody) -> Response:
    """The device hangs in another home from `at` on."""
    return _placed(request, device, body, "move", acts.move)


@router.post("/devices/{device}/unbind")
async def unbind(request: Request, device: Id, body: ActBody) -> Response:
    """The device hangs nowhere from `at` on."""
    return _ended(request, device, body, "unbind", acts.unbind)


@router.post("/devices/{device}/retire")
async def retire(request: Request, device: Id, body: ActBody) -> Response:
    """The device hangs nowhere from `at` on, for good."""
    return _ended(request, device, body, "retire", acts.retire)


@router.post("/devices/{device}/replacements")
async def replacement(request: Request, device: Id, body: ReplacementBody) -> Response:
    """The meter was replaced; its id and its history go on."""
    person, office = require(request, Right.REGISTER), office_of(request)
    told = Replacement(_at_ns(request, body.at), body.last_m3, body.first_m3, body.vendor)
    if not body.sure and (doubts := await _doubts(request, _card(office, device), told)):
        title = "That does not fit what was last heard; correct it, or say that you are sure."
        raise Problem(422, "doubtful", title, "; ".join(doubts))
    why = Why(person.login, "replace", body.why, told.table())
    return _done(request, device, _on_known(lambda card: acts.replace_meter(card, told)), why)


def office_of(request: Request) -> Office:
    """The registry's office.

    Raises:
        Problem: 409, the file rules here.
    """
    office = desk_of(request).office
    if office is None:
        title = "This gateway does not own the registry; edit the file, or set [provisioning]."
        raise Problem(409, "not_owned", title)
    return office


def _may_see(request: Request) -> Principal:
    person = principal_of(request)
    if not (person.may(Right.READ) or person.may(Right.INSTALL)):
        raise Problem(403, "not_allowed", "Your role does not allow this.")
    return person


def _placed(
    request: Request, device: str, body: PlaceBody, name: str, act: acts.Placing
) -> Response:
    person, at_ns = require(request, Right.REGISTER), _at_ns(request, body.at)
    unit_of(desk_of(request), body.unit)
    why = Why(person.login, name, body.why, {"unit": body.unit, "at": acts.iso(at_ns)})
    return _done(request, device, _on_known(lambda card: act(card, body.unit, at_ns)), why)


def _ended(request: Request, device: str, body: ActBody, name: str, act: acts.Ending) -> Response:
    person, at_ns = require(request, Right.REGISTER), _at_ns(request, body.at)
    why = Why(person.login, name, body.why, {"at": acts.iso(at_ns)})
    return _done(request, device, _on_known(lambda card: act(card, at_ns)), why)


def _done(request: Request, device: str, act: Act, why: Why) -> Response:
    return _answer(request, _changed(request, device, act, why))


def _changed(request: Request, device: str, act: Act, why: Why) -> Card:
    office, now_ns = office_of(request), desk_of(request).clock.now_ns()
    try:
        return office.change(device, act, why, now_ns)
    except Impossible as error:
        status = _STATUS.get(error.code, 409)
        raise Problem(status, error.code, _TITLES.get(error.code, _TITLE), error.detail) from None


def _claimed(card: Card | None, *, label: Label, unit: str, now_ns: int) -> Card:
    terms = {"kind": label.kind.value} | ({"vendor": label.vendor} if label.vendor else {})
    if card is None:
        return acts.bind(Card(label.device, ()), unit, now_ns, terms)
    here = _unit(card, now_ns)
    if here is not None:
        code = "claimed_already" if here == unit else "bound_elsewhere"
        raise Impossible(code, "An operator can move it." if here != unit else "")
    return acts.bind(card, unit, now_ns)


def _on_known(act: Callable[[Card], Card]) -> Act:
    def known(card: Card | None) -> Card:
        if card is None:
            raise Impossible("no_such_device")
        return act(card)

    return known


async def _doubts(request: Request, card: Card, told: Replacement) -> Sequence[str]:
    binding = office_of(request).registry.binding(card.device, told.at_ns)
    if binding is None or binding.device.kind is not Kind.WATER:
        return ()  # the act itself says what is wrong
    heard = await desk_of(request).homes.registers_about(binding, told.at_ns)
    return doubts(told, heard, binding.device.q_max_m3h)


def _at_ns(request: Request, at: AwareDatetime | None) -> int:
    now_ns = desk_of(request).clock.now_ns()
    at_ns = now_ns if at is None else acts.read_ns(at) or 0
    if at_ns > now_ns + SKEW_NS:
        raise Problem(422, "in_the_future", "Say when it happened, not when it will.")
    return min(at_ns, now_ns) // 1_000 * 1_000


def _card(office: Office, device: str) -> Card:
    card = office.held.cards.get(device)
    if card is None:
        raise Problem(404, "no_such_device", _TITLES["no_such_device"])
    return card


def _answer(request: Request, card: Card) -> Response:
    office, now_ns = office_of(request), desk_of(request).clock.now_ns()
    (view,) = _views(office, [card], now_ns)
    return finite_json(view)


def _views(office: Office, cards: Sequence[Card], now_ns: int) -> list[DeviceView]:
    names = [card.device for card in cards]
    with reading(office.database) as connection:
        heard = seen.heard(connection, names)
        changed = rows.changed_versions(connection, names)
        applied = seen.versions(connection)
    return [
        _view(card, heard.get(card.device), changed.get(card.device, 0), applied, now_ns)
        for card in cards
    ]


def _view(
    card: Card, heard: seen.Heard | None, version: int, applied: Mapping[str, int], now_ns: int
) -> DeviceView:
    row = card.row_at(now_ns)
    terms = card.rows[-1].terms if card.rows else {}
    known = [applied.get(heard.edge, 0)] if heard else list(applied.values())
    return DeviceView(
        id=card.device,
        kind=str(terms.get("kind", "")),
        vendor=card.vendor,
        unit=row.unit if row else None,
        since=acts.iso(row.from_ns) if row and row.from_ns is not None else None,
        retired=card.retired_ns is not None,
        last_seen_s=_age_s(now_ns, heard.heard_ns) if heard else None,
        edge=heard.edge if heard else None,
        version=version,
        applied=bool(known) and min(known) >= version,
    )


def _unit(card: Card, at_ns: int) -> str | None:
    row = card.row_at(at_ns)
    return row.unit if row else None


def _age_s(now_ns: int, at_ns: int) -> float:
    return round(max(0, now_ns - at_ns) / SECOND_NS, 3)


_TITLE = "That is not possible as things stand."
_TITLES = MappingProxyType({
    "no_such_device": "There is no device of that id.",
    "bound_already": "The device hangs in a home at that time.",
    "bound_elsewhere": "The device is claimed for another home.",
    "claimed_already": "The device is claimed for this home already.",
    "retired": "The device was retired.",
    "not_valid": "The registry would not be valid.",
})  # fmt: skip
_STATUS = MappingProxyType({"no_such_device": 404, "not_valid": 422, "not_a_meter": 422})
_CLAIM_TITLES = MappingProxyType({
    "not_a_code": "That is not the code of one of our labels.",
    "wrong_check": "The code was not read correctly; scan or type it again.",
    "not_ours": "The code was not printed by this site.",
})  # fmt: skip
