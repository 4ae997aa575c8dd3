"""The gateway's signing key: made at the first start, for its owner's eyes only."""

import os
from hashlib import blake2b
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.settings import ConfigError, ConfigFault


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key at `path`, made there when there is no such file.

    Raises:
        ConfigError: it cannot be read or made, or is another kind of key.
    """
    try:
        _make(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError([_fault(path, str(error))]) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError([_fault(path, "is no Ed25519 key")])
    return key


def public_pem(key: Ed25519PrivateKey) -> str:
    """What the edges pin: the public half as PEM."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def label_key(key: Ed25519PrivateKey) -> bytes:
    """The key of the labels, which follows from the signing key and does not show it."""
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return blake2b(raw, person=b"shouwang labels", digest_size=32).digest()


def _make(path: Path) -> None:
    """Put a new key at `path`, whole or not at all, unless there is one."""
    if path.exists():
        return
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    key = Ed25519PrivateKey.generate()
    with os.fdopen(made, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _fault(path: Path, problem: str) -> ConfigFault:
    remedy = "put the key back from the backup; every edge must be told of a new one"
    return ConfigFault(path, "(file)", problem, remedy)
