"""`shouwang walkthrough FOLDER`: all files for running every part as a process of its own.

Six homes of one resident each, a broker with the shipped settings, InfluxDB, the edge and the
gateway: their files are in FOLDER, and the commands that run them, in order, are printed.
"""

import argparse
import json
import os
import pwd
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from edge.clock import ScaledClock, SystemClock
from edge.reading import SECOND_NS
from edge.told_errors import told
from simulators.box import DATABASE, Box, make_hook_secret, write_box
from simulators.estate import home
from simulators.gammu import Missing
from simulators.households import LOCAL
from simulators.nats import HOST, USERNAME, BrokerFailed, free_port

HOMES = ("home-001", "home-010", "home-025", "home-031", "home-039", "home-048")
STOPPED, SILENT = "home-031", "home-001"
START = "2016-10-01T12:00"
"""The moment of the homes' file that is told as now: noon on a Saturday."""

STOPPED_AT = "2016-10-01T02:00"
CLOCK, SMS, BROKER_PASSWORD = "clock", "sms", "broker.password"
"""What `shouwang people` and the meters look for in the folder."""

SITE = "s01"
_SHIPPED = Path(__file__).parents[1] / "config" / "mosquitto.conf"
_PORTS = {"broker": 18883, "console": 18080, "hook": 18090, "influx": 18086}
_SPEED_MAX = 20_000.0
_MOSQUITTO_OWN = ("listener", "persistence_location", "password_file", "user")
_FOR_MANY_USERS = ("acl_file", "use_username_as_clientid")
"""What the walkthrough's one user, under several client ids, cannot live with."""
_INFLUX = """\
reporting-disabled = true
bind-address = "{host}:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "tsi1"
[http]
bind-address = "{host}:{port}"
log-enabled = false
[monitor]
store-enabled = false
"""


def main(argv: Sequence[str] | None = None) -> int:
    """0 the files are there, 1 something is missing or in the way, 2 usage."""
    parser = _parser()
    options = parser.parse_args(argv)
    if not 0 < options.speed <= _SPEED_MAX:
        parser.error(f"--speed must be above 0, at most {_SPEED_MAX:g}")
    try:
        commands = prepare(options.folder, speed=options.speed, any_ports=options.any_ports)
    except (BrokerFailed, Missing, OSError) as error:
        print(f"walkthrough: {told(error)}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(commands, ensure_ascii=False))
        return 0
    for name, command in commands.items():
        print(f"\n# {name}\n{shlex.join(command)}")
    return 0


def prepare(folder: Path, *, speed: float, any_ports: bool) -> Mapping[str, Sequence[str]]:
    """The files are in `folder`, which was empty; the commands that use them, in order.

    Raises:
        BrokerFailed: a port is taken.
        Missing: mosquitto is not installed.
        OSError: the folder is not empty or cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; remove it, or name another")
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    ports = {name: free_port(0 if any_ports else port) for name, port in _PORTS.items()}
    password = secrets.token_urlsafe(16)
    box = Box(
        folder=folder,
        site=SITE,
        broker_port=ports["broker"],
        broker_password=password,
        console_port=ports["console"],
        hook_url=f"http://{HOST}:{ports['hook']}/hook",
        sms_database=folder / SMS / "smsd.db",
        influx_url=f"http://{HOST}:{ports['influx']}",
    )
    write_box(box, (home(name, site=SITE) for name in HOMES))
    make_hook_secret(folder)
    _write_mosquitto(box)
    _write_influx(folder, ports["influx"])
    (folder / CLOCK).write_text(_noon(speed).spec(), "ascii")
    return _commands(box, (folder / CLOCK).read_text("ascii"))


def _commands(box: Box, clock: str) -> dict[str, list[str]]:
    shouwang = shutil.which("shouwang", path=str(Path(sys.executable).parent)) or "shouwang"
    folder = box.folder
    broker = f"mqtt://{USERNAME}@{HOST}:{box.broker_port}"
    return {
        "broker": [_program("mosquitto"), "-c", str(folder / "mosquitto.conf")],
        "influxdb": ["influxd", "run", "-config", str(folder / "influxdb.conf")],
        "database": ["curl", "-sS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
                     "-d", f"q=CREATE DATABASE {DATABASE}", f"{box.influx_url}/query"],
        "people": [shouwang, "people", str(folder)],
        "edge": [shouwang, "edge", "--config", str(box.edge_file), "--clock", clock],
        "gateway": [shouwang, "gateway", "--config", str(box.gateway_file), "--clock", clock],
        "meters": [shouwang, "replay", "--broker", broker, "--password-file",
                   str(folder / BROKER_PASSWORD), "--clock", clock, "--homes", ",".join(HOMES),
                   "--start", START, "--cut-use", f"{STOPPED}@{STOPPED_AT}",
                   "--cut-telemetry", f"{SILENT}@{START}"],
    }  # fmt: skip


def _write_mosquitto(box: Box) -> None:
    """The shipped settings, but for what is this folder's own, and the hashed password."""
    folder = box.folder
    (folder / BROKER_PASSWORD).touch(mode=0o600)
    (folder / BROKER_PASSWORD).write_text(box.broker_password, "utf-8")
    hashed = folder / "mosquitto.passwords"
    hashed.touch(mode=0o600)
    hashed.write_text(f"{USERNAME}:{box.broker_password}\n", "utf-8")
    # The program was found where programs are, and both arguments are ours.
    subprocess.run([_program("mosquitto_passwd"), "-U", str(hashed)], check=True)  # noqa: S603
    user = pwd.getpwuid(os.getuid()).pw_name
    own = (f"{box.broker_port} {HOST}", f"{folder}/", str(hashed), user)
    shipped = _SHIPPED.read_text("utf-8").splitlines()
    dropped = (*_MOSQUITTO_OWN, *_FOR_MANY_USERS)
    kept = [line for line in shipped if line.partition(" ")[0] not in dropped]
    lines = [f"{key} {value}" for key, value in zip(_MOSQUITTO_OWN, own, strict=True)]
    (folder / "mosquitto.conf").write_text("\n".join([*lines, *kept, ""]), "utf-8")


def _write_influx(folder: Path, port: int) -> None:
    text = _INFLUX.format(host=HOST, port=port, rpc=free_port(), folder=folder / "influxdb")
    (folder / "influxdb.conf").write_text(text, "utf-8")


def _program(name: str) -> str:
    """Where `name` is; Debian keeps daemons where an ordinary PATH does not look."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        raise Missing(f"{name} is not here: run make setup-test, or apt-get install mosquitto")
    return found


def _noon(speed: float) -> ScaledClock:
    """A clock that reads today's noon, as in the homes' file, so that their hours stay theirs."""
    now_ns = SystemClock().now_ns()
    noon = datetime.fromtimestamp(now_ns // SECOND_NS, LOCAL).replace(
        hour=12, minute=0, second=0, microsecond=0
    )
    return ScaledClock(speed, now_ns, int(noon.timestamp()) * SECOND_NS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang walkthrough", description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty or a new one")
    parser.add_argument("--speed", type=float, default=60.0, help="default 60: an hour a minute")
    parser.add_argument("--any-ports", action="store_true", help="take whichever ports are free")
    parser.add_argument("--json", action="store_true", help="print the commands as one object")
    return parser


if __name__ == "__main__":
    sys.exit(main())
