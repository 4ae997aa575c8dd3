"""Texts from outside, in a form that every database takes."""


def storable(text: str, length: int) -> str:
    """`text` cut to `length`, with its NULs and half characters replaced by marks."""
    whole = text[:length].encode("utf-8", "replace").decode()
    return whole.replace("\0", "\ufffd")
