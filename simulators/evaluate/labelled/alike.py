"""A site of devices that are alike: what most scenarios need of a registry."""

from collections.abc import Iterable


def alike(names: Iterable[str], **terms: object) -> dict[str, object]:
    """The registry, as JSON, of devices of these names: each in a unit of its own, `u-{name}`.

    `terms` are the columns that all share, the kind and the adapter among them.
    """
    listed = tuple(names)
    return {
        "version": 1,
        "site": "s01",
        "unit": [{"code": f"u-{name}", "building": "b01"} for name in listed],
        "adapter": [{"id": terms["adapter"]}],
        "device": [{"id": name, "unit": f"u-{name}", **terms} for name in listed],
    }
