"""A broken configuration: every fault of every file at once, with its remedy, and no trace."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edge.agent import main as edge_main
from gateway.app import main as gateway_main
from simulators.replay import main as replay_main

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
MAINS = {"edge": edge_main, "gateway": gateway_main}
SECRETS = {"broker.password": "x", "webhook.secret": "whsec_" + "QUFB" * 8}

# A spoil is a file, a text in it and what stands there instead; "" for the text appends.
Spoil = tuple[str, str, str]
CASES: dict[str, tuple[str, list[Spoil], list[str]]] = {
    "edge: unknown keys": (
        "edge",
        [("edge.toml", "client_id", "client_di"), ("edge.toml", "max_age", "zzz")],
        [
            'edge.toml: broker.client_di: Extra inputs are not permitted; did you mean "client_id"',
            "edge.toml: journal.zzz: Extra inputs are not permitted; remove the key",
        ],
    ),
    "edge: wrong types": (
        "edge",
        [
            ("edge.toml", "port = 1883", 'port = "here"'),
            ("edge.toml", '"35 d"', "35"),
            ("edge.toml", '"e01"', '"E 01"'),
        ],
        [
            "edge.toml: broker.port: Input should be a valid integer",
            'edge.toml: journal.max_age: write a duration with its unit, such as "30 s"',
            "edge.toml: edge: 'E 01' is not a code; use 1-32 of a-z 0-9 _ -",
        ],
    ),
    "edge: a fault in two files": (
        "edge",
        [("edge.toml", "[broker]", "[broker]\nprot = 1"), ("registry.toml", "care =", "caer =")],
        ["edge.toml: broker.prot", 'did you mean "port"?',
         "registry.toml: unit.0.caer", 'did you mean "care"?'],
    ),
    "edge: another site, and no password": (
        "edge",
        [("edge.toml", '"s01"', '"s02"'), ("edge.toml", '"broker.password"', '"gone"')],
        ['registry.toml: site: is the registry of "s01"', "edge.toml: broker.password_file: ",
         "gone: No such file or directory; put the file there"],
    ),
    "edge: no certificate, no key of InfluxDB": (
        "edge",
        [
            ("edge.toml", '#tls_ca = "ca.crt"', 'tls_ca = "ca.crt"'),
            ("edge.toml", "", '[influx]\nurl = "http://x"\ndatabase = "d"\nsecret_file = "no"\n'),
        ],
        ["edge.toml: broker.tls_ca: ", "ca.crt: No such file", "edge.toml: influx.secret_file: "],
    ),
    "edge: not TOML": (
        "edge",
        [("edge.toml", 'edge = "e01"', "edge = e01")],
        ["edge.toml: (syntax): ", "correct the TOML at that line"],
    ),
    "edge: not UTF-8": ("edge", [("edge.toml", 'edge = "e01"', "edge = \udcff")], ["is not UTF-8"]),
    "registry: all that can be wrong": (
        "edge",
        [(
            "registry.toml",
            "",
            ('[[device]]\nid = "W!"\nkind = "teapot"\nunit = "none"\n'
            '[[device]]\nid = "wm-x"\nkind = "water"\nunit = "none"\nresolution_m3 = -1\n'
            '[[device]]\nid = "wm-y"\nkind = "water"\nunit = "none"\ninterval = "900"\n'
            '[[device]]\nid = "wm-z"\nkind = "water"\nunit = "nobody"\n'
            "from = 2026-01-02T00:00:00Z\nto = 2026-01-01T00:00:00Z\n"),
        )],
        ["kind: Input should be", "resolution_m3: Input should be greater", "interval: write a dur",
         'unit: no unit "nobody"; add the [[unit]] or mend it', "to: is not after from"],
    ),
    "gateway: a fault in each file": (
        "gateway",
        [
            ("gateway.toml", "utc_offset_h", "utc_ofset_h"),
            ("plans.toml", 'after = "60 s"', 'after = "0 s"'),
            ("roster.toml", '"grid_worker"', '"mayor"'),
            ("places.toml", 'zh = "', 'zk = "'),
            ("registry.toml", "care =", "caer ="),
            ("link.secret", "", "abcd"),
        ],
        ["gateway.toml: utc_ofset_h", 'did you mean "utc_offset_h"?', "plans.toml: plan.0",
         "roster.toml: person.0.roles.0", "places.toml: place.", "registry.toml: unit.0.caer",
         "link.secret: (file): has 2 bytes, which can be guessed; remove it; a new one is made"],
    ),
    "gateway: its secrets": (
        "gateway",
        [
            ("webhook.secret", "whsec_", "whsek_"),
            ("gateway.toml", '"broker.password"', '"gone"'),
            ("link.secret", "", "not hexadecimal"),
        ],
        ["webhook.secret: (webhook secret): ", "write one line: whsec_",
         "gateway.toml: broker.password_file: ", "link.secret: (file): "],
    ),
    "gateway: addresses": (
        "gateway",
        [
            ("gateway.toml", 'url = "sqlite:', 'url = "oracle+nothing:'),
            ("gateway.toml", 'public_url = "http', 'public_url = "ftp'),
            ("gateway.toml", "port = 8080", "port = 80800"),
            ("gateway.toml", '"127.0.0.0/8"', '"127.0.0.0/33"'),
        ],
        ["database.url: is no address of a database", "public_url: String should match",
         "listen.port: Input should be less", "channels.webhook.private_networks.0"],
    ),
    "gateway: no plans": (
        "gateway",
        [("gateway.toml", '"plans.toml"', '"plants.toml"')],
        ["plants.toml: (file): No such file or directory; check path and rights"],
    ),
    "roster: one person twice, one out of reach": (
        "gateway",
        [(
            "roster.toml",
            "",
            ('[[person]]\nid = "x"\nname = "x"\nroles = ["street"]\nareas = ["s01"]\n'
            '[[person]]\nid = "y"\nname = "y"\nroles = ["street"]\nareas = ["s01"]\nsms = "me"\n'),
        )],
        ["has neither sms nor webhook nor reach: nobody can reach this person",
         ".sms: String should"],
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("edge", "gateway", "plans", "roster", "places", "registry"):
        shutil.copy(CONFIG / f"{name}.toml", tmp_path)
    for name, text in SECRETS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def spoil(folder: Path, spoils: list[Spoil]) -> None:
    for name, old, new in spoils:
        file = folder / name
        text = file.read_text("utf-8") if file.exists() else ""
        assert old in text
        text = text.replace(old, new, 1) if old else f"{text}\n{new}"
        file.write_bytes(text.encode("utf-8", "surrogateescape"))


def run(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = MAINS[command](["--config", str(folder / f"{command}.toml")])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("case", CASES)
def test_every_fault_is_told_at_once_with_file_key_and_remedy(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, spoils, expected = CASES[case]
    spoil(folder, spoils)
    code, said = run(command, folder, capsys)
    assert code == 2
    assert [text for text in expected if text not in said] == []
    assert "Traceback" not in said
    assert all(line.startswith(str(folder)) for line in said.splitlines() if line)


@pytest.mark.parametrize("command", MAINS)
@pytest.mark.parametrize("file", ["nowhere.toml", "."])
def test_a_configuration_that_cannot_be_read_is_named(
    command: str, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = MAINS[command](["--config", str(tmp_path / file)])
    said = capsys.readouterr().err
    assert code == 2
    assert str(tmp_path) in said
    assert "check path and rights" in said


@pytest.mark.parametrize(
    ("command", "spoils"),
    [
        ("edge", [("edge.toml", "#[metrics]\n#port = 9310", "[metrics]\nport = {port}")]),
        ("gateway", [("gateway.toml", "port = 8080", "port = {port}")]),
    ],
)
def test_a_port_in_use_ends_with_1_and_a_remedy(
    command: str, spoils: list[Spoil], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        spoil(folder, [(file, old, new.replace("{port}", port)) for file, old, new in spoils])
        _keep_data_in(folder)
        code, said = run(command, folder, capsys)
    assert code == 1
    assert f"{port}: Address already in use; choose another in [" in said


@pytest.mark.parametrize(
    ("spoiled", "says"), [("file", "file is not a database"), ("folder", "unable to open")]
)
def test_a_database_that_cannot_be_used_ends_with_1_and_a_remedy(
    spoiled: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _keep_data_in(folder)
    database = folder / "gateway.db"
    if spoiled == "file":
        database.write_bytes(b"not a database" * 1_000)
    else:
        database.mkdir()
    code, said = run("gateway", folder, capsys)
    assert code == 1
    assert says in said
    assert "check [database] url" in said


def _keep_data_in(folder: Path) -> None:
    for name in ("edge", "gateway"):
        file = folder / f"{name}.toml"
        text = file.read_text("utf-8")
        file.write_text(text.replace(f"../var/{name}/", "").replace("../var/edge/", ""), "utf-8")


REPLAYS: dict[str, tuple[list[str], str]] = {
    "no such home": (["--homes", "castle"], "castle"),
    "no such file": (["--readings", "/nowhere.csv"], "/nowhere.csv"),
    "no broker": (["--broker", "http://x"], "mqtt://[user[:password]@]host[:port]"),
    "a port of words": (["--broker", "mqtt://x:y"], "--broker"),
    "no speed": (["--speed", "-1"], "--speed"),
    "speed in words": (["--speed", "fast"], "--speed"),
    "no password": (["--password-file", "/nowhere"], "/nowhere: No such file"),
    "no clock": (["--clock", "scaled:x:1:1"], "clock"),
    "a duration without unit": (["--warmup", "28"], "write a duration with its unit"),
    "no moment": (["--start", "yesterday"], "yesterday"),
    "an edit without a time": (["--cut-use", "home-001"], "home-001"),
    "an edit of a stranger": (["--cut-use", "castle@2016-06-01T12:00"], "castle"),
}


@pytest.mark.parametrize("case", REPLAYS)
def test_a_replay_that_cannot_be_done_is_refused_with_its_reason(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, says = REPLAYS[case]
    code = replay_main(["--broker", "mqtt://127.0.0.1:1", *arguments])
    said = capsys.readouterr().err
    assert code in {1, 2}
    assert says in said
    assert "Traceback" not in said
    assert "For further information" not in said


def test_every_fault_of_a_replay_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--broker", "mqtt://x:y", "--speed", "0", "--warmup", "1", "--cut-use", "nobody"]
    assert replay_main(arguments) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1] for line in said] == [
        " --broker", " --speed", " --warmup", " --cut-use",
    ]  # fmt: skip


@pytest.mark.parametrize("command", MAINS)
def test_the_process_itself_ends_with_2_and_every_fault(command: str, folder: Path) -> None:
    spoil(folder, [(f"{command}.toml", "client_id", "client_di")])
    spoil(folder, [("registry.toml", "care =", "caer =")])
    done = subprocess.run(
        [sys.executable, "-m", "simulators.cli", command,
         "--config", str(folder / f"{command}.toml")],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "broker.client_di", "unit.0.caer",
    ]  # fmt: skip
