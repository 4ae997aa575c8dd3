"""thingsboard-gateway on the benchmark's feed: from the broker's backlog into its own SQLite.

The gateway of ThingsBoard is what an estate would otherwise put between its broker and its
centre. Measured is its own store-and-forward: nothing answers on the other side, so all that
it takes in stays in its storage. What is fair about it is written in README.md beside this.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from bench.feed import FILTER
from bench.peers.peer import Peer, PeerFigures, Run, home_of, rows_in
from bench.publisher import Address
from tests.servers.process import Server, accepts, free_port, program

NAME = "thingsboard-gateway"


async def measure(
    folder: Path, address: Address, messages: Iterable[tuple[str, bytes]], count: int
) -> PeerFigures:
    """The gateway takes `count` messages that the broker keeps for it into its SQLite."""
    for each in (folder, folder / "data", folder / "logs"):
        each.mkdir()
    centre = _centre(folder)
    centre.start()
    _configure(folder, address, centre.port)
    gateway = Peer(folder, _run(folder))
    try:
        await gateway.until_started()
        centre.kill()  # from here on there is nobody to forward to
        return await gateway.taken_in(address, messages, count)
    finally:
        gateway.end()
        centre.kill()


def _run(folder: Path) -> Run:
    return Run(
        command=[home_of(NAME) / "venv/bin/python", "-m", "thingsboard_gateway.tb_gateway"],
        environment={"TB_GW_CONFIG_DIR": f"{folder}/", "PYTHONPATH": ""},
        started="Gateway started.",
        rows=lambda: sum(rows_in(path, "messages") for path in (folder / "data").glob("*.db")),
    )


def _centre(folder: Path) -> Server:
    """A broker that stands in for the centre until the gateway has started."""
    port = free_port()
    config = folder / "centre.conf"
    config.write_text(f"user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n")
    return Server([str(program("mosquitto")), "-c", str(config)], port, folder, accepts)


def _configure(folder: Path, address: Address, centre_port: int) -> None:
    main = {
        "thingsboard": {
            "host": "127.0.0.1", "port": centre_port, "remoteConfiguration": False,
            "remoteShell": False, "statistics": {"enable": False}, "qos": 1,
            "security": {"type": "accessToken", "accessToken": "bench"},
            "reportStrategy": {"type": "DISABLED"},
            "rateLimits": "0:0,", "dpRateLimits": "0:0,", "messagesRateLimits": "0:0,",
            "deviceMessagesRateLimits": "0:0,", "deviceRateLimits": "0:0,",
            "deviceDpRateLimits": "0:0,", "checkConnectorsConfigurationInSeconds": 3_600,
        },
        "storage": {
            "type": "sqlite", "data_file_path": f"{folder}/data/", "size_limit": 4_096,
            "writing_batch_size": 1_000, "messages_ttl_in_days": 365,
        },
        "grpc": {"enabled": False},
        "connectors": [{"type": "mqtt", "name": "feed", "configuration": "mqtt.json"}],
    }  # fmt: skip
    feed = {
        "name": "feed", "logLevel": "ERROR",
        "broker": {
            "host": address.host, "port": address.port, "clientId": "bench-peer", "version": 4,
            "cleanSession": False, "maxMessageNumberPerWorker": 100, "maxNumberOfWorkers": 1,
            "security": {"type": "basic", "username": address.username,
                         "password": address.password},
        },
        "mapping": [{
            "topicFilter": FILTER, "subscriptionQos": 1,
            "converter": {
                "type": "json", "sendDataOnlyOnChange": False, "timeout": 0, "attributes": [],
                "deviceInfo": {
                    "deviceNameExpressionSource": "message", "deviceNameExpression": "${dev}",
                    "deviceProfileExpressionSource": "constant",
                    "deviceProfileExpression": "meter",
                },
                "timeseries": [{"type": "raw", "key": "water.total", "value": "${e}"}],
            },
        }],
    }  # fmt: skip
    quiet = {
        "version": 1, "disable_existing_loggers": False,
        "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}},
        "loggers": {"service": {"handlers": ["out"], "level": "INFO", "propagate": False}},
        "root": {"level": "ERROR", "handlers": ["out"]},
    }  # fmt: skip
    for name, value in (("tb_gateway", main), ("mqtt", feed), ("logs", quiet)):
        (folder / f"{name}.json").write_text(json.dumps(value))
