"""What may stand as a name in a message: one visible line that is no link and no template."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

LINK = re.compile(
    r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)\S*|\b[a-z0-9-]+\.(?:cn|com|net|org|top)\b\S*"
)


def check(name: str) -> str:
    """`name` itself.

    Raises:
        ValueError: it could forge a line, a link or a place to fill in; says which.
    """
    if any(unicodedata.category(char)[0] == "C" or char in "\u2028\u2029" for char in name):
        raise ValueError("has a line break or an invisible character; write one plain line")
    if set(name) & set("{}"):
        raise ValueError("has braces; write a plain name")
    if LINK.search(name):
        raise ValueError("looks like a link; write a plain name")
    return name


PlainName = Annotated[str, AfterValidator(check)]
"""A name that a message may carry as it is."""
