"""What another program shows instead of a password: too long to guess, and not the example's."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr

EXAMPLE = "sixteen characters or more that nobody can guess"
"""What stands in the shipped files, where everybody can read it."""
_CHARS_MIN = 16


def _kept_secret(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if text == EXAMPLE:
        raise ValueError("is the example that everybody can read; write your own")
    if len(text) < _CHARS_MIN:
        raise ValueError(f"write at least {_CHARS_MIN} characters that nobody can guess")
    return token


BearerToken = Annotated[SecretStr, AfterValidator(_kept_secret)]
"""A token of a configuration file, fit to be believed from whoever shows it."""
