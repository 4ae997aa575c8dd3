from pathlib import Path

import pytest

from edge.broker import BrokerSettings
from edge.settings import ConfigError, DurationS, Settings, load, unreadable


class Inner(Settings):
    interval: DurationS
    limit: int = 10


class Example(Settings):
    name: str
    inner: Inner
    more: tuple[Inner, ...] = ()


def write(folder: Path, text: str) -> Path:
    path = folder / "example.toml"
    path.write_text(text, "utf-8")
    return path


def faults(path: Path) -> dict[str, str]:
    with pytest.raises(ConfigError) as raised:
        load(path, Example)
    return {fault.key: f"{fault.problem}; {fault.remedy}" for fault in raised.value.faults}


def test_a_good_file_becomes_its_record(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "a"\n[inner]\ninterval = "15 min"\n')
    assert load(path, Example) == Example(name="a", inner=Inner(interval="15 min"))
    assert load(path, Example).inner.interval == 900


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250 ms", 0.25), ("30 s", 30), ("15 min", 900), ("12 h", 43_200), ("1.5d", 129_600)],
)
def test_durations_carry_their_unit(text: str, seconds: float) -> None:
    assert Inner(interval=text).interval == seconds


def test_every_fault_of_a_file_is_named_at_once_with_key_and_remedy(tmp_path: Path) -> None:
    text = 'nam = "a"\n[inner]\ninterval = 30\nlimit = "x"\n[[more]]\nintervall = "1 s"\n'
    found = faults(write(tmp_path, text))
    assert set(found) == {"name", "nam", "inner.interval", "inner.limit", "more.0.interval",
                          "more.0.intervall"}  # fmt: skip
    assert 'did you mean "name"?' in found["nam"]
    assert 'did you mean "interval"?' in found["more.0.intervall"]
    assert '"30 s"' in found["inner.interval"]
    assert "add the key" in found["name"]


def test_a_syntax_error_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in faults(write(tmp_path, 'name = "a"\n[inner\n'))["(syntax)"]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert "No such file" in faults(tmp_path / "none.toml")["(file)"]


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_bytes('name = "守望"'.encode("gbk"))
    assert "UTF-8" in faults(path)["(file)"]


def test_a_fault_never_shows_the_value(tmp_path: Path) -> None:
    found = faults(write(tmp_path, 'name = "a"\n[inner]\ninterval = "hunter2"\n'))
    assert "hunter2" not in " ".join(found.values())


def test_a_secret_that_is_no_text_is_a_fault_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"\xff\xfe")
    broker = BrokerSettings(password_file=tmp_path / "password")
    (fault,) = unreadable(broker, tmp_path / "edge.toml", "broker.")
    assert (fault.key, "is not UTF-8" in fault.problem) == ("broker.password_file", True)


@pytest.mark.parametrize("written", ["36601 d", "9" * 400 + " d"])
def test_a_duration_of_more_than_a_century_is_a_fault(tmp_path: Path, written: str) -> None:
    found = faults(write(tmp_path, f'name = "a"\n[inner]\ninterval = "{written}"\n'))
    assert "hundred years" in found["inner.interval"]
