"""What the system says of a file, in words that somebody at a terminal can act on."""


def told(error: Exception) -> str:
    """`FILE: what is wrong; what to check`; an error that is about no file in its own words."""
    if not isinstance(error, OSError) or error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror}; check path and rights"
