"""The modules that may be compiled, and the guard against those that are of other sources."""

import ast
import json
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from edge import compiled

RECORDS = {"Struct", "Settings", "BaseModel", "dataclass"}
"""What reads the fields of a class, or makes it anew: a compiled class would mislead it."""


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the hot modules, of which one is compiled."""
    for module in compiled.HOT:
        here = tmp_path / compiled.source(module).relative_to(Path(compiled.__file__).parent)
        here.parent.mkdir(exist_ok=True)
        here.write_bytes(compiled.source(module).read_bytes())
    monkeypatch.setattr(compiled, "_HERE", tmp_path)
    monkeypatch.setattr(compiled, "SUMS", tmp_path / "compiled.json")
    (tmp_path / f"judge{EXTENSION_SUFFIXES[0]}").touch()
    return tmp_path


def note_sources() -> None:
    sums = {module: compiled.digest(module) for module in compiled.HOT}
    compiled.SUMS.write_text(json.dumps(sums))


def test_what_was_compiled_from_these_sources_may_run(beside: Path) -> None:
    note_sources()
    assert compiled.check()
    assert [each.parent for each in compiled.binaries()] == [beside]


def test_a_source_that_was_changed_since_is_named(beside: Path) -> None:
    note_sources()
    (beside / "judge.py").write_text("# another judge")
    with pytest.raises(compiled.StaleError, match="other sources: judge;"):
        compiled.check()


@pytest.mark.usefixtures("beside")
def test_a_compiled_module_of_unknown_source_never_runs() -> None:
    with pytest.raises(compiled.StaleError, match="make interpreted"):
        compiled.check()


def test_without_compiled_modules_the_sources_run(beside: Path) -> None:
    for each in compiled.binaries():
        each.unlink()
    assert not compiled.check()
    assert beside.exists()


@pytest.mark.parametrize("module", compiled.HOT)
def test_a_hot_module_defines_no_record(module: str) -> None:
    tree = ast.parse(compiled.source(module).read_text("utf-8"))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    above = [part for each in classes for part in (*each.bases, *each.decorator_list)]
    names = {part.id for node in above for part in ast.walk(node) if isinstance(part, ast.Name)}
    assert not names & RECORDS
