"""Sizes that a reader can hold in mind, kept by a ratchet.

`sizes.toml` records the largest function, file and class there are. A larger one fails;
a smaller largest fails too, until the record is tightened, so the record only goes down.
"""

import ast
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("edge", "alerts", "gateway", "simulators")
RECORD = ROOT / "tests/style/sizes.toml"
SLACK = {"function_lines_max": 5, "file_lines_max": 25, "class_methods_max": 1}
"""How far below its record the largest may fall before the record must follow."""


def _files() -> Iterator[Path]:
    for room in ROOMS:
        yield from (p for p in (ROOT / room).rglob("*.py") if "versions" not in p.parts)


def _functions() -> Iterator[tuple[int, str]]:
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield node.end_lineno - node.lineno + 1, where


def _classes() -> Iterator[tuple[int, str]]:
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                public = [
                    part
                    for part in node.body
                    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
                    and not part.name.startswith("_")
                ]
                yield len(public), f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def _lengths() -> Iterator[tuple[int, str]]:
    for path in _files():
        yield len(path.read_text("utf-8").splitlines()), str(path.relative_to(ROOT))


MEASURES = {
    "function_lines_max": _functions,
    "file_lines_max": _lengths,
    "class_methods_max": _classes,
}


def test_nothing_is_larger_than_its_record_and_the_record_only_tightens() -> None:
    record = tomllib.loads(RECORD.read_text("utf-8"))
    problems = []
    for name, measure in MEASURES.items():
        largest, where = max(measure())
        if largest > record[name]:
            over = sorted((n, w) for n, w in measure() if n > record[name])
            problems += [f"{name}: {n} > {record[name]} at {w}" for n, w in over]
        elif largest < record[name] - SLACK[name]:
            problems.append(f"{name}: the largest is {largest} at {where}; tighten the record")
    assert not problems, "\n".join(problems)


def test_the_median_function_stays_near_eight_lines() -> None:
    record = tomllib.loads(RECORD.read_text("utf-8"))
    median = statistics.median(lines for lines, _ in _functions())
    assert median <= record["function_lines_median"]
