"""The key under which cards become tokens: a file of the edge, and nowhere else."""

from pathlib import Path

from edge.credential import KEY_BYTES_MIN, Pseudonyms
from edge.settings import ConfigError, ConfigFault, Settings


class CredentialSettings(Settings):
    """Without this table no card is remembered, not even by a token."""

    key_file: Path


def read_pseudonyms(settings: CredentialSettings | None) -> Pseudonyms | None:
    """What makes tokens by the key that `settings` name; None without settings.

    Raises:
        ConfigError: the file cannot be read, or holds less than 32 bytes.
    """
    if settings is None:
        return None
    try:
        key = settings.key_file.read_bytes().strip()
    except OSError as error:
        problem, key = str(error), b""
    else:
        problem = f"holds less than {KEY_BYTES_MIN} bytes"
    if len(key) < KEY_BYTES_MIN:
        remedy = "put 32 or more random bytes there, such as 64 hexadecimal digits"
        fault = ConfigFault(settings.key_file, "credentials.key_file", problem, remedy)
        raise ConfigError([fault])
    return Pseudonyms(key)
