"""What the documents name is there: links, files, and commands with their options."""

import contextlib
import io
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from edge.rule_names import known_rules
from simulators.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
ROOMS = ("edge", "alerts", "gateway", "simulators", "config", "tests", "docs", "scripts", "bench")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TICKED = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[`$] ?|\. |and |\|\s)shouwang ([a-z][^\n`|;)]*)", re.MULTILINE)
FILE = re.compile(rf"(?:{'|'.join(ROOMS)})/[\w./-]+")


def _documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def _named(pattern: re.Pattern[str]) -> Iterator[tuple[Path, str]]:
    for path in _documents():
        text = path.read_text("utf-8").replace("\\\n", " ")
        yield from ((path, found[1]) for found in pattern.finditer(text))


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_every_link_leads_somewhere() -> None:
    broken = []
    for path, link in _named(LINK):
        if not link.startswith(("http://", "https://", "mailto:")):
            file, _, heading = link.partition("#")
            page = path.parent / file if file else path
            if not page.exists() or (heading and heading not in _headings(page)):
                broken.append(f"{path.relative_to(ROOT)}: {link}")
    assert not broken, "\n".join(broken)


def test_every_page_is_reached_from_the_readme() -> None:
    links: dict[Path, set[Path]] = {path: set() for path in _documents()}
    for path, link in _named(LINK):
        links[path].add((path.parent / link.partition("#")[0]).resolve())
    reached, waiting = set[Path](), {ROOT / "README.md"}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        inside = set(page.glob("README.md")) if page.is_dir() else set()
        waiting |= (links.get(page, set()) | inside) - reached
    pages = {path for path in links if path.is_relative_to(ROOT / "docs")}
    assert {str(path.relative_to(ROOT)) for path in pages - reached} == set()


def test_the_list_of_decisions_has_each_by_its_own_title() -> None:
    folder = ROOT / "docs/decisions"
    listed = dict(
        re.findall(
            r"^- \[\d{4}\]\((.*)\): (.*)$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
        )
    )
    titles = {
        path.name: path.read_text("utf-8").partition("\n")[0] for path in folder.glob("0*.md")
    }
    assert {name: f"# {int(name[:4])}. {title}" for name, title in listed.items()} == titles


def test_every_command_and_every_rule_stands_in_a_document() -> None:
    text = "\n".join(path.read_text("utf-8") for path in _documents())
    assert {name for name in COMMANDS if f"shouwang {name}" not in text} == set()
    unlike = re.compile(r"welfare-[34]")  # further terms of a home, as welfare-2 is
    rules = {rule for rule in known_rules() if not unlike.fullmatch(rule)}
    assert {rule for rule in rules if f"`{rule}`" not in text} == set()


def test_every_file_that_is_named_is_there() -> None:
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, name in _named(TICKED)
        if FILE.fullmatch(name) and not (ROOT / name).exists()
    ]
    assert not missing, "\n".join(missing)


def test_the_index_of_rooms_has_every_folder_and_no_other() -> None:
    there = {
        f"{room}/{folder.name}/"
        for room in ("edge", "alerts", "gateway", "simulators")
        for folder in (ROOT / room).iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
    }
    index = (ROOT / "docs/architecture.md").read_text("utf-8").partition("\n## The flow")[0]
    rows = "\n".join(line.split("|")[1] for line in index.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+/\w+/)`", rows)) == there


@cache
def _help(words: tuple[str, ...]) -> str:
    """What `shouwang WORDS --help` prints; "" where it is no command."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        try:
            code: object = main([*words, "--help"])
        except SystemExit as ended:  # argparse prints its help and goes
            code = ended.code
    return said.getvalue() if code == 0 else ""


def _wrong_in(command: str) -> list[str]:
    """The words of `command`, which followed `shouwang`, that its help does not know."""
    words = [word.rstrip(".,:") for word in command.partition("#")[0].split()]
    size = 2 if " ".join(words[:2]) in COMMANDS else 1
    if " ".join(words[:size]) not in COMMANDS:
        return words[:1] or ["(nothing)"]
    told = _help(tuple(words[:size]))
    if len(words) > size and (act := _help(tuple(words[: size + 1]))) != told:
        told += act
    return [word for word in words if word.startswith("--") and word not in f"{told} --help"]


def test_every_command_that_is_shown_can_be_typed() -> None:
    shown = list(_named(COMMAND))
    assert len(shown) > 20
    wrong = [
        f"{path.relative_to(ROOT)}: shouwang {command}: {', '.join(words)}"
        for path, command in shown
        if (words := _wrong_in(command))
    ]
    assert not wrong, "\n".join(wrong)
