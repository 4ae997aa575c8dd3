"""The revision that ends a finding of the gateway's own."""

from msgspec import structs

from edge.reading import Finding, FindingState


def cleared(last: Finding, now_ns: int, **evidence: object) -> Finding:
    """`last` is over at `now_ns`; its evidence stays, but for what is given of it."""
    return structs.replace(
        last,
        revision=last.revision + 1,
        state=FindingState.CLEARED,
        at_ns=now_ns,
        evidence=structs.replace(last.evidence, **evidence),
    )
