"""All that the web side has about how cases end and what is learned of it."""

from gateway.api import (
    campaigns,
    drills,
    evidence,
    neighbours,
    performance,
    uptime,
    work_items,
)
from gateway.console import campaigns as campaigns_page
from gateway.console import closing, feedback, rules
from gateway.console import uptime as uptime_page
from gateway.console import work_items as work_items_page

ROUTERS = (
    campaigns.router,
    campaigns_page.router,
    drills.router,
    evidence.router,
    neighbours.router,
    performance.router,
    closing.router,
    feedback.router,
    rules.router,
    uptime.router,
    uptime_page.router,
    work_items.router,
    work_items_page.router,
)
