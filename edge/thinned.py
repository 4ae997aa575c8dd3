"""So many of the numbers that came, evenly chosen, however many come: enough for a quantile."""

from msgspec import Struct, field

KEPT_MAX = 16


class Thinned(Struct, array_like=True):
    """Every `every`th number since it was cleared, fewer than 16 of them; `passed` came since."""

    kept: list[float] = field(default_factory=list)
    every: int = 1
    passed: int = 0

    def add(self, value: float) -> None:
        """Take in one more; where there are too many, every second one is forgotten."""
        self.passed += 1
        if self.passed < self.every:
            return
        self.passed = 0
        self.kept.append(value)
        if len(self.kept) == KEPT_MAX:
            self.kept = self.kept[1::2]
            self.every *= 2

    def clear(self) -> None:
        """Begin again, with nothing."""
        self.kept, self.every, self.passed = [], 1, 0
