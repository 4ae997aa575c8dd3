"""For how long a rule about a home need not be asked."""

from edge.meter import Meter


class Rest:
    """The rule cannot hold before `until_ns` while `meter` keeps to its `course`."""

    __slots__ = ("course", "meter", "until_ns")

    def __init__(self, meter: Meter, course: object, until_ns: int) -> None:
        self.meter, self.course, self.until_ns = meter, course, until_ns
