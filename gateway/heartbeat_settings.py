"""How the gateway shows the outside that it is well: the table [heartbeat]."""

from pydantic import SecretStr, field_validator

from edge.address import http_url
from edge.settings import Settings


class HeartbeatSettings(Settings):
    """Who hears that this gateway is well, once a minute.

    `url` is called with POST, as dead man's switches ask for. With `mqtt`, the broker keeps the
    last one under `sw/1/{site}/_gateway/{node}/status`.
    """

    url: SecretStr | None = None
    mqtt: bool = True

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            http_url(url.get_secret_value())
        return url
