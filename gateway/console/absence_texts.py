"""The texts about residents who are away: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

ABSENCE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "absence.title": ("外出报备", "Away"),
        "absence.none": ("没有报备外出", "No absence is declared"),
        "absence.until": ("外出至", "Away until"),
        "absence.last": ("外出到哪天（含当天）", "Away until the end of"),
        "absence.why": ("谁报备的", "Who said so"),
        "absence.declare": ("登记外出", "Note the absence"),
        "absence.back": ("已回家", "They are back"),
        "absence.note": (
            "外出期间不因未用水报警；到期后照常看护。",
            "Meanwhile quiet raises no alarm; afterwards the home is watched as before.",
        ),
    }
)
