"""All that the web side has about how cases end and what is learned of it."""

from gateway.api import campaigns, drills, evidence, performance
from gateway.console import campaigns as campaigns_page
from gateway.console import closing, rules

ROUTERS = (
    campaigns.router,
    campaigns_page.router,
    drills.router,
    evidence.router,
    performance.router,
    closing.router,
    rules.router,
)
