"""The roster under /api/v1/roster: who is on duty, where cover lacks, and changes of both.

A number or an address is taken, and never given.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerts.assign import Load
from alerts.cover import line
from alerts.roster import Person
from alerts.roster_edit import EditField, RefusedEdit, said
from alerts.shift import duty_end_ns, is_on_duty
from edge.reading import DAY_NS
from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.db import roster_edits as rows
from gateway.db.engine import reading
from gateway.rota import WHY_MAX, NoSuchPersonError, Rota, Why
from gateway.scene import loads

CHANGES_MAX = 200
PEOPLE_MAX = 500
_VERSION_MAX = 2**53
_LOOK_NS = 8 * DAY_NS

router = APIRouter(prefix="/api/v1/roster")
PersonId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
_Why = Annotated[str, Field(max_length=WHY_MAX)]


class EditBody(BaseModel):
    """The new word on one field, in the form of roster.toml, and the reason."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    value: Any
    why: _Why = ""


class WhyBody(BaseModel):
    """The reason for a change."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    why: _Why = ""


class OnDuty(Struct, frozen=True):
    """One person as they stand now; `ends_ns` is when this duty, or the next one, ends."""

    id: str
    name: str
    roles: tuple[str, ...]
    areas: tuple[str, ...]
    on_duty: bool
    ends_ns: int | None
    open: int
    recent: int
    capacity: int
    phone_fails: bool
    shift: Any
    instead: Any
    leave: Any


@router.get("")
async def roster(request: Request) -> Response:
    """The first 500 people, and the version of the changes that the gateway goes by."""
    require(request, Right.READ)
    desk = desk_of(request)
    body = {"version": rota_of(desk).version, "people": people(desk)}
    return finite_json(body)


@router.get("/cover")
async def cover(request: Request) -> Response:
    """The gaps of the next 90 days, with a line in each language; null where it is not known."""
    require(request, Right.READ)
    desk = desk_of(request)
    found = rota_of(desk).cover()
    if found is None:
        return finite_json({"gaps": None, "left_off": 0, "until_ns": None})
    gaps = [
        {"gap": gap, "zh": zh, "en": en}
        for gap in found.gaps
        for zh, en in [line(gap, desk.book.zone)]
    ]
    return finite_json({"gaps": gaps, "left_off": found.left_off, "until_ns": found.until_ns})


@router.get("/changes")
async def changes(
    request: Request,
    before: Annotated[int, Query(ge=1, le=_VERSION_MAX)] = _VERSION_MAX,
    limit: Annotated[int, Query(ge=1, le=CHANGES_MAX)] = 50,
) -> Response:
    """A page of changes, newest first: who, when, to whom, and why."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        found = rows.changes(connection, before, limit)
    more = found[-1].version if len(found) == limit and found[-1].version > 1 else None
    return finite_json({"changes": found, "next": more})


@router.put("/{person_id}/{field}")
async def put(request: Request, person_id: PersonId, field: EditField, body: EditBody) -> Response:
    """The person as they now stand; the change holds at once."""
    return _changed(
        request, lambda rota, by: rota.put(person_id, field, body.value, Why(by, body.why))
    )


@router.delete("/{person_id}/{field}")
async def withdraw(request: Request, person_id: PersonId, field: EditField) -> Response:
    """The person as they stand with the file's own word on that field."""
    return _changed(request, lambda rota, by: rota.withdraw(person_id, field, Why(by)))


@router.post("/{person_id}/phones/reset")
async def reset_phones(request: Request, person_id: PersonId, body: WhyBody) -> Response:
    """How many addresses of that person are no longer held to fail."""
    return finite_json({"reset": reset(request, person_id, body.why)})


def reset(request: Request, person_id: str, why: str) -> int:
    """Nothing is held against that person's addresses any more.

    Raises:
        Problem: 403 not allowed, 404 nobody of that id.
    """
    found = change(request, lambda rota, by: rota.reset_phones(person_id, Why(by, why)))
    return int(found)


def change(request: Request, act: Callable[[Rota, str], Any]) -> Any:
    """What `act` returns, done by whoever is signed in.

    Raises:
        Problem: 403 not allowed, 404 nobody of that id, 422 the roster would not be one.
    """
    principal = require(request, Right.ROSTER)
    desk = desk_of(request)
    try:
        found = act(rota_of(desk), principal.login)
    except NoSuchPersonError:
        raise Problem(404, "no_such_person", "Nobody of that id is in the roster.") from None
    except RefusedEdit as error:
        raise Problem(422, "not_possible", "The roster would not be one.", str(error)) from None
    desk.engine.counts["roster", "changed"] += 1
    return found


def people(desk: Desk) -> list[OnDuty]:
    """Everybody of the roster as they stand now, at most 500, in its order."""
    now_ns = desk.clock.now_ns()
    everybody = desk.book.roster.person[:PEOPLE_MAX]
    failing = rota_of(desk).failing()
    with reading(desk.db) as connection:
        carried = loads(connection, [person.id for person in everybody], now_ns)
    return [
        _on_duty(desk, person, carried[person.id], fails=person.id in failing)
        for person in everybody
    ]


def rota_of(desk: Desk) -> Rota:
    """The rota of this desk.

    Raises:
        Problem: 404, this process has none.
    """
    if desk.rota is None:
        raise Problem(404, "no_rota", "This gateway does not run a roster.")
    return desk.rota


def _changed(request: Request, act: Callable[[Rota, str], Person]) -> Response:
    person = change(request, act)
    (found,) = (each for each in people(desk_of(request)) if each.id == person.id)
    return finite_json(found)


def _on_duty(desk: Desk, person: Person, load: Load, *, fails: bool) -> OnDuty:
    now_ns, zone = desk.clock.now_ns(), desk.book.zone
    return OnDuty(
        id=person.id,
        name=person.name,
        roles=person.roles,
        areas=person.areas,
        on_duty=is_on_duty(person.pattern, now_ns, zone),
        ends_ns=duty_end_ns(person.pattern, now_ns, zone, _LOOK_NS),
        open=load.open,
        recent=load.recent,
        capacity=person.capacity,
        phone_fails=fails,
        shift=said(person, "shift"),
        instead=said(person, "instead"),
        leave=said(person, "leave"),
    )
