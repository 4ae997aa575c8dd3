"""A secret in a file of one line, as providers hand them out."""

import re
from pathlib import Path

from pydantic import SecretStr

from edge.settings import ConfigError, ConfigFault

_SECRET = re.compile(r"[!-~]{8,256}")


def read(path: Path) -> SecretStr:
    """The secret in `path`.

    Raises:
        ConfigError: the file is missing, or is not one line of 8 to 256 visible signs.
    """
    try:
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        fault = ConfigFault(path, "(file)", str(error), "put the secret there, in one line")
        raise ConfigError([fault]) from None
    if not _SECRET.fullmatch(secret):
        problem = "is not one line of 8 to 256 visible signs"
        raise ConfigError([ConfigFault(path, "(file)", problem, "put the secret there")])
    return SecretStr(secret)
