"""A secret in a file of one line, as providers hand them out."""

import re
from pathlib import Path

from pydantic import SecretStr

from edge.settings import ConfigError, ConfigFault

_SECRET = re.compile(r"[!-~]{8,256}")
_IN_PATH = re.compile(r"[\w-]{16,128}", re.ASCII)


def read(path: Path) -> SecretStr:
    """The secret in `path`.

    Raises:
        ConfigError: the file is missing, or is not one line of 8 to 256 visible signs.
    """
    return _read(path, _SECRET, "8 to 256 visible signs")


def read_for_path(path: Path) -> SecretStr:
    """The secret in `path`, fit to stand in a URL's path.

    Raises:
        ConfigError: the file is missing, or is not one line of 16 to 128 letters, digits, _, -.
    """
    return _read(path, _IN_PATH, "16 to 128 letters, digits, _ and -")


def _read(path: Path, form: re.Pattern[str], wanted: str) -> SecretStr:
    try:
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        fault = ConfigFault(path, "(file)", str(error), "put the secret there, in one line")
        raise ConfigError([fault]) from None
    if not form.fullmatch(secret):
        problem = f"is not one line of {wanted}"
        raise ConfigError([ConfigFault(path, "(file)", problem, "put the secret there")])
    return SecretStr(secret)
