"""The shipped configuration loads; a broken one shows every fault of every file at once."""

import shutil
from pathlib import Path

import pytest

from edge.settings import ConfigError
from gateway.settings import configured, link_secret, load_gateway

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("gateway", "plans", "roster", "places", "registry"):
        shutil.copy(CONFIG / f"{name}.toml", tmp_path)
    (tmp_path / "broker.password").write_text("secret")
    (tmp_path / "webhook.secret").write_text("whsec_" + "QUFB" * 8)
    return tmp_path


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_the_shipped_configuration_loads_with_paths_beside_it(folder: Path) -> None:
    loaded = load_gateway(folder / "gateway.toml")
    assert loaded.registry.site == "s01"
    assert loaded.settings.plans == folder / "plans.toml"
    assert [kind.name for kind, _ in configured(loaded.settings)] == ["sms", "webhook"]
    assert str(folder) in loaded.settings.database.url.get_secret_value()
    assert len(loaded.book.secret) == 32


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = link_secret(tmp_path / "s")
    assert link_secret(tmp_path / "s") == first
    assert (tmp_path / "s").stat().st_mode & 0o077 == 0


def test_a_start_that_is_killed_while_it_makes_the_secret_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: int) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("gateway.settings.secrets.token_hex", killed)
        with pytest.raises(KeyboardInterrupt):
            link_secret(tmp_path / "s")
    assert not (tmp_path / "s").exists()
    assert len(link_secret(tmp_path / "s")) == 32


def test_of_two_starts_at_once_the_later_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = "ab" * 32

    def overtaken(_: int) -> str:
        (tmp_path / "s").write_text(first)
        return "cd" * 32

    monkeypatch.setattr("gateway.settings.secrets.token_hex", overtaken)
    assert link_secret(tmp_path / "s").hex() == first
    assert [file.name for file in tmp_path.iterdir()] == ["s"]


def test_a_channel_that_nobody_has_is_a_fault_of_the_plan_and_of_the_person(folder: Path) -> None:
    spoil(folder / "plans.toml", 'channels = ["sms", "webhook"]', 'channels = ["pigeon"]')
    spoil(
        folder / "roster.toml",
        'sms = "13800000001"',
        'reach = { raven = "x", sms_ = "1" }\nsms = "13800000001"',
    )
    with pytest.raises(ConfigError) as broken:
        load_gateway(folder / "gateway.toml")
    assert [(fault.file.name, fault.key) for fault in broken.value.faults] == [
        ("plans.toml", "plan.0.step.0.channels"),
        ("roster.toml", "person.0.reach.raven"),
        ("roster.toml", "person.0.reach.sms_"),
    ]


def test_faults_of_all_files_are_shown_at_once(folder: Path) -> None:
    spoil(folder / "plans.toml", 'after = "60 s"', 'after = "0 s"')
    spoil(folder / "roster.toml", '"grid_worker"', '"mayor"')
    spoil(folder / "places.toml", 'zh = "', 'zk = "')
    spoil(folder / "registry.toml", 'site = "s01"', 'site = "s02"')
    (folder / "link.secret").write_text("abcd")
    with pytest.raises(ConfigError) as broken:
        load_gateway(folder / "gateway.toml")
    files = {fault.file.name for fault in broken.value.faults}
    assert files == {"plans.toml", "roster.toml", "places.toml", "registry.toml", "link.secret"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('site = "s01"', 'site = "S 01"', "a-z 0-9"),
        ('kind = "journal"', 'kind = "influx"', "needs the key influx"),
        ('public_url = "http', 'public_url = "ftp', "pattern"),
        ("utc_offset_h", "utc_ofset_h", 'did you mean "utc_offset_h"'),
    ],
)
def test_a_fault_in_the_gateways_own_file_is_named(
    folder: Path, old: str, new: str, says: str
) -> None:
    spoil(folder / "gateway.toml", old, new)
    with pytest.raises(ConfigError, match=says):
        load_gateway(folder / "gateway.toml")


def test_a_place_that_the_registry_does_not_know_is_a_fault_of_the_person(folder: Path) -> None:
    spoil(folder / "roster.toml", '"s01/b02"', '"s01/b77"')
    spoil(folder / "roster.toml", 'home = "s01/b01"', 'home = "s09/b01"')
    with pytest.raises(ConfigError) as caught:
        load_gateway(folder / "gateway.toml")
    assert {(fault.key, fault.problem) for fault in caught.value.faults} == {
        ("person.0.areas", 'no place "s01/b77"'),
        ("person.0.home", 'no place "s09/b01"'),
    }


def test_a_zone_that_is_none_is_named(folder: Path) -> None:
    spoil(folder / "gateway.toml", "utc_offset_h = 8.0", 'zone = "Mars/Olympus"')
    with pytest.raises(ConfigError, match="is no zone that is known here"):
        load_gateway(folder / "gateway.toml")
