"""A table as TOML text, as far as a registry needs it: texts, numbers, lists and tables."""

import json
from collections.abc import Mapping
from typing import Any


def toml_text(table: Mapping[str, Any]) -> str:
    """`table` as TOML: plain keys first, then an array of tables for every list of tables."""
    arrays = {key: value for key, value in table.items() if _is_array_of_tables(value)}
    lines = [f"{_key(k)} = {_value(v)}" for k, v in table.items() if k not in arrays]
    for name, rows in arrays.items():
        for row in rows:
            lines += [
                "",
                f"[[{_key(name)}]]",
                *(f"{_key(k)} = {_value(v)}" for k, v in row.items()),
            ]
    return "\n".join(lines) + "\n"


def _is_array_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _value(value: Any) -> str:
    match value:
        case bool() | int() | float():
            return json.dumps(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items())
            return f"{{{inner}}}"
        case list() | tuple():
            return f"[{', '.join(_value(each) for each in value)}]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _key(key: str) -> str:
    plain = key.replace("_", "").replace("-", "")
    return key if plain.isascii() and plain.isalnum() else json.dumps(key)
