"""Drills under /api/v1: begin one, and see how soon everybody answered."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerts.plan import ChannelName
from edge.reading import Tier
from gateway.access.role import Right
from gateway.api.area import check_area
from gateway.api.desk import desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.drill_order import begin
from gateway.drills import Order, held

router = APIRouter(prefix="/api/v1/drills")


class DrillBody(BaseModel):
    """A drill to begin now."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    category: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    area: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_/-]{0,159}$")]
    tier: Annotated[int, Field(ge=1, le=3)] = 2
    channels: Annotated[tuple[ChannelName, ...], Field(max_length=16)] = ()


@router.get("")
async def drills(request: Request) -> Response:
    """The latest drills with everybody's time to answer."""
    require(request, Right.READ)
    return finite_json({"drills": held(desk_of(request).db)})


@router.post("")
async def start(request: Request, body: DrillBody) -> Response:
    """The drill has begun: its incident."""
    desk, principal = desk_of(request), require(request, Right.ACT)
    check_area(desk, body.area)
    now_ns = desk.clock.now_ns()
    order = Order(body.category, body.area, Tier(body.tier), principal.login, body.channels)
    begun = begin(desk.engine, order, now_ns, now_ns)
    if begun is None:
        raise Problem(409, "begun_already", "A drill has begun there at this very moment.")
    return finite_json({"incident": begun}, 201)
