"""The cases of the last months as the three rates count them."""

import sqlalchemy as sa

from alerts.incident import State
from alerts.rates import Handled, Rates, rates
from alerts.rating import Grade
from alerts.within import due
from edge.reading import DAY_NS
from gateway.book import Book
from gateway.closing.cases import CASES_MAX
from gateway.db import incidents
from gateway.db.engine import reading
from gateway.db.feedback_tables import feedback
from gateway.db.tables import incident
from gateway.drills import RULE

_MONTH_DAYS = 31


def rates_of(database: sa.Engine, book: Book, months: int, now_ns: int) -> list[Rates]:
    """The rates of about the last `months`, by local calendar."""
    since_ns = now_ns - months * _MONTH_DAYS * DAY_NS
    recent = (incident.c.opened_ns >= since_ns, incident.c.rule != RULE)
    query = sa.select(incident).where(*recent).order_by(incident.c.opened_ns.desc())
    given = (
        sa.select(feedback.c.incident_id, feedback.c.grade)
        .join(incident, incident.c.id == feedback.c.incident_id)
        .where(*recent, feedback.c.used_ns.is_not(None))
    )
    with reading(database) as connection:
        grades: dict[str, list[Grade]] = {}
        for of, grade in connection.execute(given):
            grades.setdefault(of, []).append(Grade(grade))
        rows = connection.execute(query.limit(CASES_MAX)).mappings().all()
        return rates([_handled(connection, book, row, grades) for row in rows])


def _handled(
    connection: sa.Connection, book: Book, row: sa.RowMapping, grades: dict[str, list[Grade]]
) -> Handled:
    case = incidents.from_row(row)
    within = book.plan_of(connection, case).ack_within
    return Handled(
        subject=case.subject,
        month=f"{book.local(case.opened_ns):%Y-%m}",
        state=State(case.state),
        acked_ns=case.acked_ns,
        due_ns=due(case.opened_ns, within, book.zone).at_ns,
        grades=tuple(grades.get(case.id, ())),
    )
