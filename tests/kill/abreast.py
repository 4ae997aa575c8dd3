"""Many stories at a time: each has processes and a site of its own, and mostly waits."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

ABREAST = 5


def play_all(story: Callable[[int], Awaitable[None]], seeds: Iterable[int]) -> None:
    """Play the story of every seed, five at a time; the first that fails ends all."""
    asyncio.run(_play_all(story, seeds))


async def _play_all(story: Callable[[int], Awaitable[None]], seeds: Iterable[int]) -> None:
    room = asyncio.Semaphore(ABREAST)

    async def in_turn(seed: int) -> None:
        async with room:
            await story(seed)

    async with asyncio.TaskGroup() as stories:
        for seed in seeds:
            stories.create_task(in_turn(seed))
