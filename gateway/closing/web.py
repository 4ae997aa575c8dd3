"""All that the web side has about how cases end and what is learned of it."""

from gateway.api import drills, evidence, performance
from gateway.console import closing, rules

ROUTERS = (drills.router, evidence.router, performance.router, closing.router, rules.router)
