"""Named places where a test may kill the process, as a power cut would.

`SHOUWANG_KILL_AT=name:n` ends the process with SIGKILL at the n-th hit of `name` (from 1).
Unarmed, a hit costs one comparison.
"""

import os
import signal

_name, _left = "", 0


def arm(spec: str) -> None:
    """The n-th hit from now of the place that `spec` names (`name:n`) ends the process.

    An empty text disarms.

    Raises:
        ValueError: the text is not of that form.
    """
    global _name, _left
    name, _, nth = spec.rpartition(":")
    _name, _left = name, int(nth) if spec else 0


def hit(name: str) -> None:
    """Die here if this is the armed hit of `name`; otherwise return."""
    global _left  # noqa: PLW0603  (one countdown a process is the point)
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("SHOUWANG_KILL_AT", ""))
