"""What a vendor calls a device, in the one spelling in which it is compared.

Keyboards and file systems write an é as one sign or as two, and a name that was copied from a page
may bring a sign along that nobody sees and no device sends.
"""

from typing import Annotated
from unicodedata import normalize

from pydantic import AfterValidator, Field

from edge.row import Text


def _spelled(name: str) -> str:
    return normalize("NFC", "".join(sign for sign in name if sign.isprintable()))


VendorName = Annotated[
    Text, AfterValidator(_spelled), Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}:[^\s:].{0,127}$")
]
"""`vendor:name`, as the registry gives it."""
