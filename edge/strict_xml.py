"""XML without its holes: any bytes become one small tree, or an XmlError.

Documents with a DTD are refused before anything in it is read, so there are no entities
to expand and none to fetch. Size, depth and the number of elements have limits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from xml.parsers import expat

from edge import strict_json

BYTES_MAX = strict_json.BYTES_MAX
DEPTH_MAX = 16
ELEMENTS_MAX = 10_000
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]{0,80}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["']""")
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}
"""Devices that say GB2312 send GBK; GB 18030 contains both. All else is read as UTF-8."""


class Fault(StrEnum):
    """Why bytes are not strict XML."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_XML = "not_xml"
    HAS_DTD = "has_dtd"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"


class XmlError(ValueError):
    """The bytes are not strict XML; `fault` says which rule they break."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail


@dataclass(slots=True)
class Element:
    """One element; names have lost their prefix, `text` is what stands directly in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def text_of(self, name: str) -> str | None:
        """The text of the first child of that name, stripped; None when there is none."""
        child = self.child(name)
        return None if child is None else child.text.strip()

    def every(self, name: str) -> Iterator["Element"]:
        """Itself and all its descendants that bear `name`, in document order."""
        pending = [self]
        while pending:
            element = pending.pop()
            if element.name == name:
                yield element
            pending.extend(reversed(element.children))


def parse(payload: bytes) -> Element:
    """The root of the document that `payload` is, in UTF-8 or in the GB family.

    Raises:
        XmlError: it is empty, over 256 KiB, in another encoding, not well-formed, has a
            DTD, or is nested or populated beyond the limits.
    """
    try:
        strict_json.check_size(payload)
        text = _text(payload)
    except strict_json.JsonError as error:
        raise XmlError(Fault(error.fault.value), error.detail) from None
    except UnicodeDecodeError as error:
        raise XmlError(Fault.NOT_UTF8, f"byte {error.start}: {error.reason}") from None
    tree = _Tree()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = tree.doctype
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.characters
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003  (the name of expat's argument is private)
    except expat.ExpatError as error:
        detail = f"{expat.ErrorString(error.code)} in line {error.lineno}"
        raise XmlError(Fault.NOT_XML, detail) from None
    return tree.root()


def _text(payload: bytes) -> str:
    declared = _ENCODING.match(payload)
    codec = _CODECS.get(declared[1].decode().lower()) if declared else None
    # Recorders cut long Chinese names in the middle of a sign; that costs the sign only.
    return payload.decode(codec, "replace") if codec else payload.decode()


class _Tree:
    """What the parser has reported so far: the open elements, outermost first."""

    def __init__(self) -> None:
        self._open = [Element("", {})]
        self._count = 0

    def root(self) -> Element:
        return self._open[0].children[0]

    def doctype(self, *_declared: object) -> None:
        raise XmlError(Fault.HAS_DTD, "a document type declaration is refused")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > ELEMENTS_MAX:
            raise XmlError(Fault.TOO_MANY, f"over {ELEMENTS_MAX} elements")
        if len(self._open) > DEPTH_MAX:
            raise XmlError(Fault.TOO_DEEP, f"nested over {DEPTH_MAX} deep")
        element = Element(_local(name), {_local(key): text for key, text in attributes.items()})
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        self._open[-1].text += text


def _local(name: str) -> str:
    return name.rpartition(":")[2]
