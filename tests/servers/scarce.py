"""A process that may open nothing more, or write no more to a file: the kernel's own refusals."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_more_to_open() -> Iterator[None]:
    """No file and no socket can be opened in the block: EMFILE."""
    lowest = os.dup(0)
    os.close(lowest)
    with _limited(resource.RLIMIT_NOFILE, lowest):
        yield


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes in the block: a write is cut short there, then EFBIG."""
    with _limited(resource.RLIMIT_FSIZE, size):
        yield


@contextmanager
def _limited(what: int, limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (soft, hard))
