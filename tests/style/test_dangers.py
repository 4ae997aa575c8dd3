"""What the program must not contain: ways from a text to code, a shell or an endless search."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

import alerts
import edge
import gateway
from alerts.roster import Login

ROOT = Path(__file__).parents[2]
ROOMS = (edge, alerts, gateway)
BANNED_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "subprocess", "pty"}
BANNED_CALLS = {"eval", "exec", "compile", "__import__", "from_string", "system", "popen"}
SEEDS = (
    "a", "0", "-", " ", "\n", "/", "=", '"', "\\", "{", "[", "<", "(", ":", "&", "0.", "1e", "x=",
    "a.", "a-", "a@", "ab ", '\\"', '{"k":', "<?xml ", "http://", "我", "的", "回来了", "好",
)  # fmt: skip


def _nodes() -> Iterator[tuple[str, ast.AST]]:
    for room in ROOMS:
        for path in sorted(Path(room.__path__[0]).rglob("*.py")):
            where = str(path.relative_to(ROOT))
            yield from ((where, node) for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {name.name.partition(".")[0] for name in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return set()


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    whole = ast.unparse(node.func)
    return "" if whole == "re.compile" else whole.rpartition(".")[2]


def test_no_text_becomes_code_an_object_or_a_command() -> None:
    found = {(where, name) for where, node in _nodes() for name in _imported(node)}
    assert {each for each in found if each[1] in BANNED_MODULES} == set()
    calls = {(where, _called(node)) for where, node in _nodes()}
    assert {each for each in calls if each[1] in BANNED_CALLS} == set()


def test_pages_are_made_from_the_files_of_one_folder_and_escape_by_default() -> None:
    makers = [where for where, node in _nodes() if _called(node) == "Environment"]
    assert makers == ["gateway/console/page.py"]
    unescaped = [
        page.name
        for page in (ROOT / "gateway/console/templates").glob("*")
        if re.search(r"\|\s*safe\b|autoescape", page.read_text("utf-8"))
    ]
    assert unescaped == []


@cache
def _patterns() -> list[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every compiled pattern that a module of ours keeps, or keeps in a table."""
    found: dict[str | bytes, tuple[str, re.Pattern[str] | re.Pattern[bytes]]] = {}
    for room in ROOMS:
        for each in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if "migrations" not in each.name:
                for value in vars(importlib.import_module(each.name)).values():
                    found |= {held.pattern: (each.name, held) for held in _held(value)}
    return list(found.values())


def _held(value: object) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _held(each)


def test_no_pattern_ends_before_a_line_break() -> None:
    """Python's `$` takes a text with a line break behind for one without."""
    assert len(_patterns()) > 80
    assert [(where, held.pattern) for where, held in _patterns() if "$" in str(held.pattern)] == []


def test_no_field_of_a_record_takes_a_line_break_for_its_end() -> None:
    login = TypeAdapter[str](Login)
    assert login.validate_python("li.qiang") == "li.qiang"
    with pytest.raises(ValidationError):
        login.validate_python("li.qiang\n")


def test_no_pattern_searches_for_ever() -> None:
    """Ten thousand hostile characters from the start, a thousand from anywhere."""
    slow = []
    for where, held in _patterns():
        for seed in SEEDS:
            long, short = (_hostile(held, seed, length) for length in (10_000, 1_000))
            began_s = time.process_time()
            held.match(long)  # type: ignore[arg-type]
            held.fullmatch(long)  # type: ignore[arg-type]
            held.search(short)  # type: ignore[arg-type]
            if (took_s := time.process_time() - began_s) > 0.5:
                slow.append((where, held.pattern, seed, took_s))
    assert slow == []


def _hostile(held: re.Pattern[str] | re.Pattern[bytes], seed: str, length: int) -> str | bytes:
    text = (seed * length)[:length] + "\0"
    return text.encode() if isinstance(held.pattern, bytes) else text
