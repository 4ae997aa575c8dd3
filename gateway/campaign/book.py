"""Mass checks as the tables know them: begun, asked again, ended, and how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from msgspec import Struct

from alerts.check import TO_VISIT, CallState
from alerts.roster import covers
from gateway.campaign import consents
from gateway.campaign.consents import Home
from gateway.db.campaign_tables import campaign, campaign_call, consent
from gateway.db.engine import reading, writing

CAMPAIGNS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """A mass check to begin; `open_silent` says whether a silent home becomes an incident."""

    area: str
    text: str
    by: str
    wait_ns: int
    open_silent: bool = False


class Standing(Struct, frozen=True):
    """A mass check and how its last round stands: homes by state, and those to visit."""

    id: int
    area: str
    text: str
    by: str
    begun_ns: int
    round: int
    ended_ns: int | None
    counts: dict[str, int]
    to_visit: tuple[tuple[str, str], ...]


def begin(database: sa.Engine, plan: Plan, now_ns: int) -> int:
    """The id of the new mass check: every consenting home of its area will be asked."""
    with writing(database) as connection:
        row = {
            "area": plan.area, "text": plan.text, "by": plan.by, "begun_ns": now_ns, "round": 1,
            "wait_ns": plan.wait_ns, "open_silent": plan.open_silent, "ended_ns": None,
        }  # fmt: skip
        insert = sa.insert(campaign).values(row).returning(campaign.c.id)
        campaign_id = int(connection.execute(insert).scalar_one())
        _call(connection, campaign_id, 1, _homes(connection, plan.area))
    return campaign_id


def again(database: sa.Engine, campaign_id: int) -> int | None:
    """The number of a new round for those who are silent or unclear; None when it has ended."""
    with writing(database) as connection:
        known = connection.execute(
            sa.select(campaign).where(campaign.c.id == campaign_id, campaign.c.ended_ns.is_(None))
        ).first()
        if known is None:
            return None
        asking = (CallState.SILENT.value, CallState.UNCLEAR.value)
        silent = sa.select(campaign_call.c.subject).where(
            campaign_call.c.campaign_id == campaign_id,
            campaign_call.c.round == known.round,
            campaign_call.c.state.in_(asking),
        )
        wanted = set(connection.execute(silent).scalars())
        homes = _homes(connection, known.area)
        ours = campaign.c.id == campaign_id
        connection.execute(sa.update(campaign).where(ours).values(round=known.round + 1))
        _call(connection, campaign_id, known.round + 1,
              {home: how for home, how in homes.items() if home in wanted})  # fmt: skip
        return int(known.round) + 1


def end(database: sa.Engine, campaign_id: int, now_ns: int) -> bool:
    """Whether the mass check ran until now; nobody else is asked."""
    ours = sa.and_(campaign.c.id == campaign_id, campaign.c.ended_ns.is_(None))
    with writing(database) as connection:
        ended = sa.update(campaign).where(ours).values(ended_ns=now_ns)
        return bool(connection.execute(ended).rowcount)


def standing(database: sa.Engine, campaign_id: int | None = None) -> list[Standing]:
    """The latest mass checks, or one of them, newest first."""
    query = sa.select(campaign).order_by(campaign.c.id.desc()).limit(CAMPAIGNS_SHOWN)
    if campaign_id is not None:
        query = query.where(campaign.c.id == campaign_id)
    with reading(database) as connection:
        return [_standing(connection, row) for row in connection.execute(query).mappings().all()]


def _standing(connection: sa.Connection, row: sa.RowMapping) -> Standing:
    """Over all rounds: a home is as its last round left it."""
    calls = connection.execute(
        sa.select(campaign_call.c.subject, campaign_call.c.state)
        .where(campaign_call.c.campaign_id == row["id"])
        .order_by(campaign_call.c.round)
    )
    last: dict[str, str] = {call.subject: call.state for call in calls}
    counts = {state.value: 0 for state in CallState}
    for state in last.values():
        counts[state] += 1
    visit = sorted((state, home) for home, state in last.items() if CallState(state) in TO_VISIT)
    told = {
        name: row[name] for name in ("id", "area", "text", "by", "begun_ns", "round", "ended_ns")
    }
    return Standing(**told, counts=counts, to_visit=tuple((home, state) for state, home in visit))


def _homes(connection: sa.Connection, area: str) -> dict[str, Home]:
    query = sa.select(consent).where(consent.c.withdrawn_ns.is_(None))
    return {
        row["subject"]: consents.home(row)
        for row in connection.execute(query).mappings()
        if covers(area, row["subject"])
    }


def _call(
    connection: sa.Connection, campaign_id: int, number: int, homes: Mapping[str, Home]
) -> None:
    rows = [
        {
            "campaign_id": campaign_id, "round": number, "subject": subject, "phone": home.phone,
            "lang": home.lang, "channel": home.channel, "state": CallState.WAITING.value,
            "asked_ns": None, "answered_ns": None, "text": "",
        }
        for subject, home in homes.items()
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(campaign_call), rows)
