"""One thing of a site that rules watch by its messages and by the clock: a door, a camera."""

from abc import abstractmethod
from typing import Generic, TypeVar

from edge.reading import Reading

S = TypeVar("S")


class Point(Generic[S]):
    """What a checkpoint keeps of it is its `state`.

    `listening_ns` is since when its device can be heard without a break, None while it cannot:
    who is not heard may have done anything meanwhile. It was last judged
    at `judged_ns`.
    """

    __slots__ = ("judged_ns", "listening_ns")

    state: S

    def __init__(self) -> None:
        self.listening_ns: int | None = None
        self.judged_ns = 0

    @abstractmethod
    def hear(self, reading: Reading) -> None:
        """Take in a reading that concerns it; what nobody knows says nothing."""
