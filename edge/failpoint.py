"""Named places where a test may kill the process, as a power cut would.

`SHOUWANG_KILL_AT=name:n` ends the process with SIGKILL at the n-th hit of `name` (from 1).
Unarmed, a hit costs one comparison.
"""

import os
import signal
from collections.abc import Callable


def _end_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


_name, _left, _die = "", 0, _end_process


def arm(spec: str, die: Callable[[], None] = _end_process) -> None:
    """The n-th hit from now of the place that `spec` names (`name:n`) ends the process.

    An empty text disarms. A simulator, whose process plays several, says by `die` what ends.

    Raises:
        ValueError: the text is not of that form.
    """
    global _name, _left, _die
    name, _, nth = spec.rpartition(":")
    _name, _left, _die = name, int(nth) if spec else 0, die


def hit(name: str) -> None:
    """Die here if this is the armed hit of `name`; otherwise return."""
    global _left  # noqa: PLW0603  (one countdown a process is the point)
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        _die()


arm(os.environ.get("SHOUWANG_KILL_AT", ""))
