"""mosquitto by the very files that are shipped: own ports, folder and certificates, no more."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import PASSWORD, Server, accepts, free_port, program

CONFIG = Path(__file__).parents[2] / "config"
TLS_SOCKETS = 5
_CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Hardened:
    """The broker: its plain listener is the server's port, devices come in at `tls_port`."""

    server: Server
    tls_port: int
    certs: Path


def hardened_in(folder: Path, users: Iterable[str]) -> Hardened:
    """The shipped broker in `folder`, not yet started, with its TLS listener switched on."""
    executable, port, tls_port = program("mosquitto"), free_port(), free_port()
    certs = folder / "certs"
    certs.mkdir()
    authority(certs, "ca")
    certificate(certs, "ca")
    _write_passwords(folder / "passwords", users)
    text = _replaced(_with_tls((CONFIG / "mosquitto.conf").read_text("utf-8")), {
        "listener 1883 127.0.0.1": f"listener {port} 127.0.0.1",
        "listener 8883": f"listener {tls_port} 127.0.0.1",
        "max_connections 900": f"max_connections {TLS_SOCKETS}",
        "password_file /etc/mosquitto/shouwang.passwords": f"password_file {folder}/passwords",
        "acl_file /etc/mosquitto/shouwang.acl": f"acl_file {CONFIG}/mosquitto.acl",
        "cafile /etc/mosquitto/certs/ca.crt": f"cafile {certs}/ca.crt",
        "certfile /etc/mosquitto/certs/server.crt": f"certfile {certs}/server.crt",
        "keyfile /etc/mosquitto/certs/server.key": f"keyfile {certs}/server.key",
        "persistence_location /var/lib/mosquitto/": f"persistence_location {folder}/",
    })  # fmt: skip
    config = folder / "mosquitto.conf"
    # mosquitto run by root would change to its own user, which may not read the test's folder.
    config.write_text(f"user root\n{text}\n", "utf-8")
    return Hardened(Server([str(executable), "-c", str(config)], port, folder, accepts),
                    tls_port, certs)  # fmt: skip


def authority(certs: Path, name: str, *, days: int = 2) -> Path:
    """A throwaway authority's certificate, its key beside it."""
    _openssl(certs, "req", "-x509", *_CURVE, "-days", str(days), "-subj", f"/CN={name}",
             "-keyout", f"{name}.key", "-out", f"{name}.crt")  # fmt: skip
    return certs / f"{name}.crt"


def certificate(certs: Path, authority_name: str, *, days: int = 2) -> None:
    """Give the server at 127.0.0.1 a new certificate by that authority."""
    _openssl(certs, "req", "-x509", *_CURVE, "-days", str(days), "-subj", "/CN=broker",
             "-CA", f"{authority_name}.crt", "-CAkey", f"{authority_name}.key",
             "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE",
             "-keyout", "server.key", "-out", "server.crt")  # fmt: skip


def _openssl(folder: Path, *arguments: str) -> None:
    command = [str(program("openssl")), *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _write_passwords(path: Path, users: Iterable[str]) -> None:
    path.touch(mode=0o600)
    path.write_text("".join(f"{user}:{PASSWORD}\n" for user in users), "utf-8")
    subprocess.run([program("mosquitto_passwd"), "-U", str(path)], check=True)


def _with_tls(text: str) -> str:
    """The file's text with its commented-out stanza for TLS in force."""
    before, stanza, rest = text.partition("#listener 8883")
    assert stanza
    switched_on, blank, after = rest.partition("\n\n")
    return before + "listener 8883" + switched_on.replace("\n#", "\n") + blank + after


def _replaced(text: str, wanted: dict[str, str]) -> str:
    lines = text.splitlines()
    for line, own in wanted.items():
        lines[lines.index(line)] = own  # a ValueError here names the line that is not shipped
    return "\n".join(lines)
