"""The incident page's part about its end: stages, rework, how it was closed, evidence."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from alerts.incident import Act, State
from alerts.stages import Reached, stages
from gateway.access.role import Principal, Right
from gateway.api.desk import Desk, require
from gateway.api.evidence import add
from gateway.api.incidents import Detail
from gateway.api.problem import Problem
from gateway.api.routes import ActBody, Id, perform
from gateway.closing.shelf import ITEM_BYTES_MAX, NAME_MAX, Item, Shelf

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Ending:
    """What the page shows of a case's way to its end."""

    stages: tuple[Reached, ...]
    reworks: int
    reason: str
    may_act: bool
    may_rework: bool
    may_bring: bool
    evidence: tuple[Item, ...]


def ending(desk: Desk, detail: Detail, principal: Principal) -> Ending:
    """The ending of `detail` as `principal` may see it."""
    incident = detail.incident
    events = [(event.kind, event.at_ns) for event in detail.timeline]
    closes = [event for event in detail.timeline if event.kind == Act.CLOSE.value]
    sees = principal.may(Right.EVIDENCE)
    return Ending(
        stages=stages(incident.since_ns, events),
        reworks=sum(kind == Act.REWORK.value for kind, _ in events),
        reason=str(closes[-1].detail.get("reason", "")) if closes else "",
        may_act=principal.may(Right.ACT),
        may_rework=_may_rework(desk, detail, principal),
        may_bring=sees and incident.state is not State.MERGED,
        evidence=tuple(Shelf(desk.db).of(incident.id)) if sees else (),
    )


def _may_rework(desk: Desk, detail: Detail, principal: Principal) -> bool:
    resolvers = [event.by for event in detail.timeline if event.kind == Act.RESOLVE.value]
    own = resolvers and desk.book.roster.same_person(resolvers[-1], principal.login)
    stands = detail.incident.state in {State.RESOLVED, State.VERIFIED}
    return principal.may(Right.ACT) and stands and not own


@router.post("/incidents/{incident_id}/rework")
async def rework(
    request: Request,
    incident_id: Id,
    version: Annotated[int, Form(ge=1, le=2**31)],
    note: Annotated[str, Form(min_length=1, max_length=500)],
) -> Response:
    """The incident is back with whoever handled it."""
    perform(request, incident_id, ActBody(act=Act.REWORK, version=version, note=note))
    return RedirectResponse(f"/incidents/{incident_id}", 303)


@router.post("/incidents/{incident_id}/evidence")
async def bring(request: Request, incident_id: Id, file: Annotated[UploadFile, File()]) -> Response:
    """The file is kept, or the reader told in one word why not."""
    require(request, Right.EVIDENCE)
    body = await file.read(ITEM_BYTES_MAX + 1)
    if not body:
        raise Problem(422, "evidence_empty", "The evidence is not taken.")
    name = (file.filename or "")[:NAME_MAX]
    add(request, incident_id, (name, file.content_type or "", body))
    return RedirectResponse(f"/incidents/{incident_id}", 303)
