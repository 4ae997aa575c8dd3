"""`shouwang registry`, the files around it, and a gateway and an edge that start by them."""

import asyncio
import json
import random
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.edge_settings import check
from edge.provisioned import read_key
from edge.provisioning import Offer, Standing, judge
from edge.registry import Registry
from edge.session import Session
from edge.settings import ConfigError
from edge.topic import config_topic
from gateway.app import run_gateway
from gateway.registry.cli import main
from gateway.settings import load_gateway
from simulators.broker import MemoryBroker

CONFIG = Path(__file__).parents[3] / "config"
PATIENCE_S = 20.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("gateway", "plans", "roster", "places", "registry", "edge"):
        shutil.copy(CONFIG / f"{name}.toml", tmp_path)
    (tmp_path / "broker.password").write_text("secret")
    (tmp_path / "webhook.secret").write_text("whsec_" + "QUFB" * 8)
    change(tmp_path / "gateway.toml", {
        "#[provisioning]": "[provisioning]",
        '#key_file = "../var/gateway/': 'key_file = "',
        '#edges = ["e01"]': 'edges = ["e01"]',
        "sqlite:///../var/gateway/gateway.db": "sqlite:///gateway.db",
        "port = 8080": "port = 0",
        "../var/sms/smsd.db": "smsd.db",
    })  # fmt: skip
    change(tmp_path / "edge.toml", {
        "#[provisioning]": "[provisioning]",
        "#public_key_file": "public_key_file",
        '#copy_file = "../var/edge/': 'copy_file = "',
    })  # fmt: skip
    return tmp_path


def change(file: Path, wanted: dict[str, str]) -> None:
    text = file.read_text("utf-8")
    for old, new in wanted.items():
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")


def call(folder: Path, *arguments: str) -> int:
    return main([*arguments, "--config", str(folder / "gateway.toml")])


def test_the_key_is_made_once_for_its_owner_alone_and_its_public_half_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(folder, "key") == call(folder, "key") == 0
    first, _, second = capsys.readouterr().out.partition("-----END PUBLIC KEY-----\n")
    assert second == f"{first}-----END PUBLIC KEY-----\n"
    assert (folder / "registry.key").stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in first


def test_an_edge_pins_what_the_gateway_tells(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(folder, "key")
    (folder / "gateway.pem").write_text(capsys.readouterr().out)
    settings = check(folder / "edge.toml")
    assert settings.provisioning is not None
    assert read_key(settings.provisioning)


@pytest.mark.parametrize("text", [None, "", "no key", "-----BEGIN PUBLIC KEY-----\nMCow\n"])
def test_an_edge_without_a_sound_key_does_not_start_and_says_what_to_put_there(
    folder: Path, text: str | None
) -> None:
    if text is not None:
        (folder / "gateway.pem").write_text(text)
    with pytest.raises(ConfigError, match="shouwang registry key"):
        check(folder / "edge.toml")


@pytest.mark.parametrize("text", ["", "no key"])
def test_a_gateway_whose_key_is_damaged_does_not_make_another(folder: Path, text: str) -> None:
    (folder / "registry.key").write_text(text)
    with pytest.raises(ConfigError, match="from the backup"):
        load_gateway(folder / "gateway.toml")
    assert (folder / "registry.key").read_text() == text


def test_what_is_exported_is_what_was_taken(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(folder, "export") == 0
    exported = Registry.parse(tomllib.loads(capsys.readouterr().out), Path("exported"))
    assert exported.bindings() == load_gateway(folder / "gateway.toml").registry.bindings()


def test_an_edited_file_rules_only_once_it_is_imported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(folder, "show")
    change(folder / "registry.toml", {'care = ["alone"]': "care = []"})
    capsys.readouterr()
    call(folder, "show")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["version"], shown["file_differs"]) == (1, True)
    assert shown["registry"]["unit"][0]["care"] == ["alone"]
    assert call(folder, "import", "--why", "搬离") == 0
    capsys.readouterr()
    call(folder, "show")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["version"], shown["file_differs"]) == (2, False)
    assert shown["registry"]["unit"][0]["care"] == []


def test_a_label_is_printed_and_a_senseless_one_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(folder, "label", "water", "wmbus:33225544") == 0
    assert capsys.readouterr().out.startswith("SW1.water.")
    assert call(folder, "label", "water", "no good") == 1


def test_without_the_table_the_command_says_that_the_file_rules(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder / "gateway.toml", {"[provisioning]": "#", "key_file": "#", "edges =": "#"})
    assert call(folder, "show") == 2
    assert "registry.toml rules" in capsys.readouterr().err


def test_a_gateway_that_starts_leaves_each_edge_its_registry(folder: Path) -> None:
    loaded = load_gateway(folder / "gateway.toml")
    assert loaded.signing is not None
    standing = Standing(loaded.signing.public_key(), "s01", "e01", 0, b"")

    async def scenario() -> bytes:
        clock, rng = SystemClock(), random.Random(1)
        broker, stop = MemoryBroker(clock, rng), asyncio.Event()
        config = config_topic("s01", "e01")
        edge = broker.session("edge", [config])

        def connect(filters: Sequence[str]) -> Session:
            return broker.session("gateway", filters)

        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
            link = group.create_task(edge.run(_unheard))
            group.create_task(run_gateway(loaded, clock=clock, rng=rng, connect=connect, stop=stop))
            (pushed,) = await edge.receive(1, 0.1)
            stop.set()
            link.cancel()
        return pushed.payload

    verdict = judge(asyncio.run(scenario()), standing)
    assert isinstance(verdict, Offer)
    assert verdict.version == 1


async def _unheard(_: bool) -> None:
    pass
