"""Waiting for another process: a condition is asked again and again until it holds."""

import asyncio
from collections.abc import Callable

ASK_S = 0.005
GIVE_UP_S = 30.0


async def eventually(holds: Callable[[], bool], what: str) -> None:
    """Return once `holds`; raise AssertionError naming `what` after 30 real seconds."""
    try:
        async with asyncio.timeout(GIVE_UP_S):
            while not holds():  # noqa: ASYNC110  (another process's state has no event)
                await asyncio.sleep(ASK_S)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None
