"""Who may push readings over HTTP: the `[push]` table of an edge, and its credentials.

A device that can log in uses HTTP basic; one that only knows a URL carries a token in its
path. A credential opens its vendor's door only. Of a secret nothing is kept but a digest.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Literal

from pydantic import Field

from edge.settings import ConfigError, ConfigFault, DurationS, Settings

SECRET_CHARACTERS_MIN = 12

Vendor = Literal["cloudevents", "ctwing", "hikvision", "iotda", "zkteco"]


class PushDevice(Settings):
    """One credential: HTTP basic when it has a `user`, else a token in the path."""

    vendor: Vendor
    user: str | None = Field(default=None, pattern=r"^[^:\x00-\x1f]{1,64}$")
    secret_file: Path


class PushSettings(Settings):
    """Where vendors' pushes come in, from whom, and how many at once.

    `read_timeout` bounds the head of a request, and then its body, in real seconds;
    `connections` those that stand at once, half of them from one address; `waiting` the bodies
    that wait for the journal.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(ge=1, le=65_535)
    read_timeout: DurationS = Field(default=10.0, gt=0, le=60.0)
    connections: int = Field(default=64, ge=1, le=1_000)
    waiting: int = Field(default=32, ge=1, le=1_000)
    device: tuple[PushDevice, ...] = Field(min_length=1)

    @property
    def vendors(self) -> frozenset[str]:
        """The vendors that somebody may push for."""
        return frozenset(each.vendor for each in self.device)


class Credentials:
    """The digests of what may be presented, by vendor."""

    def __init__(self, digests: dict[str, tuple[bytes, ...]]) -> None:
        self._digests = digests

    def admit(self, vendor: str, token: str | None, authorization: str) -> bool:
        """Whether the path's `token`, else the `Authorization` header, opens `vendor`'s door.

        Every credential of the vendor is compared, each in constant time.
        """
        presented = _presented(token, authorization)
        found = [compare_digest(presented, known) for known in self._digests.get(vendor, ())]
        return any(found)


def read_credentials(settings: PushSettings) -> Credentials:
    """The credentials that `settings` name.

    Raises:
        ConfigError: a secret cannot be read or is too short; all faults at once.
    """
    faults: list[ConfigFault] = []
    digests: dict[str, tuple[bytes, ...]] = {}
    for number, device in enumerate(settings.device):
        try:
            digest = _expected(device.user, _secret(device.secret_file))
        except (OSError, ValueError) as error:
            key = f"push.device.{number}.secret_file"
            problem = str(getattr(error, "strerror", None) or error)
            remedy = f"put a secret of {SECRET_CHARACTERS_MIN} characters or more there"
            faults.append(ConfigFault(device.secret_file, key, problem, remedy))
        else:
            digests[device.vendor] = (*digests.get(device.vendor, ()), digest)
    if faults:
        raise ConfigError(faults)
    return Credentials(digests)


def _secret(path: Path) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    if len(secret) < SECRET_CHARACTERS_MIN:
        raise ValueError("is too short")
    return secret


def _expected(user: str | None, secret: str) -> bytes:
    if user is None:
        return _digest("token", secret.encode())
    return _digest("basic", f"{user}:{secret}".encode())


def _presented(token: str | None, authorization: str) -> bytes:
    if token is not None:
        return _digest("token", token.encode(errors="surrogatepass"))
    scheme, _, encoded = authorization.partition(" ")
    try:
        named = b64decode(encoded.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (NotBase64, ValueError):
        named = b""
    return _digest("basic", named)


def _digest(scheme: str, secret: bytes) -> bytes:
    return sha256(scheme.encode() + b" " + secret).digest()
