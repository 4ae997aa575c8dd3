"""docs/site.md as a test: its own lines make the files, and real processes run by them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.crew import ROOT, Crew
from tests.servers.process import free_port, program

GUIDE = ROOT / "docs/site.md"
UNITS = sorted((ROOT / "config/systemd").glob("*.service"))
HERE = "chown() { :; }\nset -euo pipefail\n"
"""What stands before the guide's lines in a test: the accounts that it makes are not here."""


class Site:
    """A site made by the guide, under a folder instead of /etc and /var, on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files, self._broker, self._meter = re.findall(
            r"^```sh\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE
        )
        self._broker_port, self.port = free_port(), free_port()
        for name in ("etc", "broker", "var"):
            (folder / name).mkdir()

    def make(self) -> Crew:
        """The files are there; what runs by them can be started."""
        self._do(self._files)
        self._do(self._broker)
        for file in (*(self.folder / "etc").glob("*.toml"), self.folder / "broker/mosquitto.conf"):
            file.write_text(self._here(file.read_text("utf-8")), "utf-8")
        shouwang = [sys.executable, "-m", "simulators.cli"]
        units = {name: [*shouwang, *_started(f"shouwang-{name}")] for name in ("edge", "gateway")}
        broker = [str(program("mosquitto")), "-c", str(self.folder / "broker/mosquitto.conf")]
        local = {name: [self._here(word) for word in words] for name, words in units.items()}
        return Crew(self.folder, {"broker": broker, **local})

    def let_the_meter_speak(self) -> None:
        """The last lines of the guide."""
        self._do(
            self._meter.replace("mosquitto_pub -h", f"mosquitto_pub -p {self._broker_port} -h")
        )

    def _do(self, lines: str) -> None:
        done = subprocess.run(
            ["bash", "-c", HERE + self._here(lines)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def _here(self, text: str) -> str:
        broker = f"{self.folder}/broker"
        own = {
            "/etc/shouwang": f"{self.folder}/etc", "/var/lib/shouwang": f"{self.folder}/var",
            "/etc/mosquitto": broker, "/var/lib/mosquitto/": f"{broker}/",
            " -g shouwang": "", "1883": str(self._broker_port), "8080": str(self.port),
            # mosquitto run by root would change to its own user, which may not read the folder.
            "allow_anonymous false": "allow_anonymous false\nuser root",
            'linger = "30 s"': 'linger = "50 ms"',
        }  # fmt: skip
        for theirs, ours in own.items():
            text = text.replace(theirs, ours)
        return text


def _started(unit: str) -> list[str]:
    """What the unit runs, without the program's own path."""
    text = (ROOT / f"config/systemd/{unit}.service").read_text("utf-8")
    line = re.search(r"^ExecStart=/opt/shouwang/\.venv/bin/shouwang (.*)$", text, re.MULTILINE)
    assert line is not None
    return line[1].split()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Site, Crew]]:
    for name in ("mosquitto", "mosquitto_passwd", "mosquitto_pub", "openssl", "curl"):
        program(name)
    site = Site(tmp_path)
    crew = site.make()
    yield site, crew
    for name in reversed(tuple(crew.running)):
        crew.kill(name)


def test_a_site_made_by_the_guide_shows_its_meter(site: tuple[Site, Crew]) -> None:
    made, crew = site
    crew.start("broker")
    for name in ("gateway", "edge"):  # what an edge says at its start is news then, not retained
        crew.start(name)
        crew.says(name, "connected as")
    password = re.search(r"with the password (\S+)", crew.log("gateway"))
    assert password is not None
    made.let_the_meter_speak()
    url = f"http://127.0.0.1:{made.port}"
    with httpx.Client(base_url=url, headers={"origin": url}, trust_env=False) as console:
        console.post("/login", data={"login": "admin", "password": password[1]})

        def heard() -> tuple[bool, Any]:
            units = console.get("/api/v1/units").json()["units"]
            return any(each["complete_until_ns"] for each in units), units

        units = crew.until(heard, "the meter's home has data")
        assert {each["unit"] for each in units if each["complete_until_ns"]} == {"u0101"}
        crew.until(
            lambda: (
                [each["state"] for each in console.get("/api/v1/edges").json()["edges"]] == ["up"],
                None,
            ),
            "the edge is up",
        )


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_service_is_one_that_systemd_understands(unit: Path) -> None:
    verify = [str(program("systemd-analyze")), "verify", "--man=no", str(unit)]
    said = subprocess.run(verify, capture_output=True, text=True, check=False)
    others = [line for line in said.stderr.splitlines() if "is not executable" not in line]
    assert others == []
