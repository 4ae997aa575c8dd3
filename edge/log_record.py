"""The log on standard error: a record begins at the margin, and nothing else does.

What comes from outside is logged too: names, topics, answers of providers. Its control characters
are written out and its line breaks indented, so that it forges no record and moves no cursor.
"""

import logging
import sys

_FORMAT = "%(levelname)s %(name)s: %(message)s"
_MARGIN = "\n    "
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - {ord("\t"), ord("\n")}
_SEPARATORS = {0x2028, 0x2029}
_DIRECTIONS = {0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_WRITTEN_OUT = {code: f"\\u{code:04x}" for code in _CONTROLS | _SEPARATORS | _DIRECTIONS}


class RecordFormat(logging.Formatter):
    """Formats a record, with its trace if it has one, so that only its first line is unindented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text without control characters."""
        return super().format(record).translate(_WRITTEN_OUT).replace("\n", _MARGIN)


def log_to_stderr(level: int) -> None:
    """Records from `level` on go to standard error, where nothing was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RecordFormat(_FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
