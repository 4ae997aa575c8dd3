"""Read a TOML file into its owner's frozen record, or say everything that is wrong with it.

The owner declares a pydantic model; this file only knows how to read one. A broken file
yields every fault at once, each with file, key and remedy; secrets never print.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_SECONDS_MAX = 100 * 366 * 86_400.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min|h|d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Settings(BaseModel):
    """Base of every settings record: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def beside(self, folder: Path) -> Self:
        """This record with every relative path in it, however deep, taken from `folder`."""
        changes: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Path):
                changes[name] = folder / value
            elif isinstance(value, Settings):
                changes[name] = value.beside(folder)
            elif isinstance(value, tuple):
                changes[name] = tuple(
                    each.beside(folder) if isinstance(each, Settings) else each for each in value
                )
        return self.model_copy(update=changes)


T = TypeVar("T")
# Files that are read only once a connection is made, when it is too late to say so well.
_READ_LATER = frozenset({"password_file", "secret_file", "tls_ca"})


def _seconds(text: object) -> float:
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('write a duration with its unit, such as "30 s", "15 min" or "12 h"')
    seconds = float(match[1]) * _UNITS_S[match[2]]
    if seconds > _SECONDS_MAX:
        raise ValueError("is longer than a hundred years")
    return seconds


DurationS = Annotated[float, BeforeValidator(_seconds)]
"""Seconds, written in the file with a unit: "30 s", "15 min", "12 h", "7 d"."""


def nanoseconds(moment: datetime) -> int:
    """A time with an offset, since the epoch; exact to the microsecond."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """One thing wrong in one file, and what to do about it."""

    file: Path
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.problem}; {self.remedy}"


class ConfigError(Exception):
    """One or more configuration files cannot be used; `faults` has every reason."""

    def __init__(self, faults: list[ConfigFault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def load(path: Path, model: type[T]) -> T:
    """The record that `path` holds.

    Raises:
        ConfigError: the file is missing, is not TOML, or breaks the model; all faults at once.
    """
    return parse(read_table(path), model, path)


def parse(table: dict[str, Any], model: type[T], path: Path) -> T:
    """`table` as a record of `model`, Settings or an `edge.row`; `path` is only named in faults.

    Raises:
        ConfigError: the table breaks the model; all faults at once.
    """
    kind: type = model
    try:
        record: T = _reader(kind).validate_python(table)
    except ValidationError as error:
        raise ConfigError([_fault(path, model, detail) for detail in error.errors()]) from None
    return record


@lru_cache(maxsize=256)
def _reader(model: type) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def unreadable(record: Settings, path: Path, prefix: str = "") -> list[ConfigFault]:
    """A fault for each file with a secret or certificate, named in `record`, that cannot be read.

    `record` came from `path`, its own paths are complete; `prefix` is its key there.
    """
    faults: list[ConfigFault] = []
    for name in type(record).model_fields:
        value, key = getattr(record, name), f"{prefix}{name}"
        if isinstance(value, Settings):
            faults += unreadable(value, path, f"{key}.")
        elif isinstance(value, Path) and name in _READ_LATER:
            try:
                value.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                cause = getattr(error, "strerror", None) or "is not UTF-8"
                problem = f"{value}: {cause}"
                faults.append(
                    ConfigFault(path, key, problem, "put the file there or mend its rights")
                )
    return faults


def gather(faults: list[ConfigFault], read: Callable[[], T]) -> T | None:
    """What `read` returns; None when it raises ConfigError, whose faults then join `faults`."""
    try:
        return read()
    except ConfigError as error:
        faults += error.faults
        return None


def named_paths(path: Path) -> dict[str, Path]:
    """The texts at the top of the TOML file `path`, as paths beside it; none if it is broken.

    For looking into the files that a faulty file names, so that their faults show with its own.
    """
    try:
        table = read_table(path)
    except ConfigError:
        return {}
    return {key: path.parent / text for key, text in table.items() if isinstance(text, str)}


def read_table(path: Path) -> dict[str, Any]:
    """The TOML table that `path` holds, unchecked.

    Raises:
        ConfigError: the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        fault = ConfigFault(path, "(file)", error.strerror or "unreadable", "check path and rights")
    except UnicodeDecodeError:
        fault = ConfigFault(path, "(file)", "is not UTF-8", "save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        fault = ConfigFault(path, "(syntax)", str(error), "correct the TOML at that line")
    raise ConfigError([fault])


def _fault(path: Path, model: type, detail: ErrorDetails) -> ConfigFault:
    key = ".".join(str(part) for part in detail["loc"]) or "(file)"
    problem = detail["msg"].removeprefix("Value error, ")
    remedy = _REMEDIES.get(detail["type"], "correct the value")
    if detail["type"] in _UNKNOWN_KEY:
        problem, remedy = "Extra inputs are not permitted", _spelling(model, detail["loc"])
    return ConfigFault(path, key, problem, remedy)


_UNKNOWN_KEY = {"extra_forbidden", "unexpected_keyword_argument"}  # of settings, and of a row


_REMEDIES = {
    "missing": "add the key",
    "value_error": "correct the value",
    "string_type": "write a text in quotes",
    "int_type": "write a whole number",
    "float_type": "write a number",
    "bool_type": "write true or false",
    "tuple_type": "write a list in [ ]",
    "dict_type": "write a table in { }",
}


def _spelling(model: type, loc: tuple[int | str, ...]) -> str:
    fields = [_fields(kind).items() for kind in _nested(model)]
    known = {field.alias or name for group in fields for name, field in group}
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f'did you mean "{near[0]}"?' if near else "remove the key"


def _nested(model: type) -> set[type]:
    found, waiting = {model}, [model]
    while waiting:
        for field in _fields(waiting.pop()).values():
            for kind in _models_in(field.annotation):
                if kind not in found:
                    found.add(kind)
                    waiting.append(kind)
    return found


def _fields(model: type) -> Mapping[str, FieldInfo]:
    """The fields of settings or of a row; none of anything else."""
    return getattr(model, "__pydantic_fields__", {})


def _models_in(annotation: Any) -> list[type]:
    if isinstance(annotation, type) and _fields(annotation):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models_in(part)]
