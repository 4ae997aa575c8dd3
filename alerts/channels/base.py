"""What the dispatcher and a channel say to each other.

A channel carries one text to one address and says honestly what became of it: a send whose
answer never came is UNKNOWN, never a success and never a failure. `send` does not raise for
anything that the network or the provider may do.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

_ID = re.compile(r"[\x21-\x7e]{1,100}")


class Outcome(StrEnum):
    """What is known of one send.

    ACCEPTED: the provider has it in its keeping. DELIVERED: it reached the device.
    TEMPORARY: it was not taken and may be tried again. PERMANENT: it will never be taken at
    this address; use another channel. UNKNOWN: the provider may or may not have it; try
    again only with the same idempotency id.
    """

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one address.

    `idempotency_id` is the same on every try: 1 to 100 visible ASCII characters, which every
    channel can carry. `text` is for channels of plain text, `payload` for those of JSON.

    Raises:
        ValueError: the id is not such a text.
    """

    idempotency_id: str
    address: str
    text: str
    payload: dict[str, object]
    created_ns: int

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.idempotency_id):
            raise ValueError(f"not an idempotency id: {self.idempotency_id!r}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one try, why, and when to come back if the provider said so.

    `reason` is a short text for people and logs, with what the provider answered and no
    secret of ours; it is empty where the outcome says all.
    """

    outcome: Outcome
    reason: str = ""
    provider_id: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A later word of the provider on a message sent before; it may repeat or come late.

    `at_ns` is when the channel learned it. `key` names this word for `Receipts.done`.
    """

    idempotency_id: str
    outcome: Outcome
    reason: str
    at_ns: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text that a person sent to us; `provider_id` is unique within its channel, for ever.

    `address` is in the form that `sms.national` gives. `at_ns` is when the channel read it.
    `about` is the idempotency id of the message that it answers, where the channel knows it.
    """

    provider_id: str
    address: str
    text: str
    at_ns: int
    about: str = ""

    @property
    def key(self) -> str:
        """The name of this text for `Receipts.done`."""
        return self.provider_id


class Channel(Protocol):
    """A way to a person."""

    @property
    def name(self) -> str:
        """The name that plans and people's addresses use for it."""
        ...

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Try once and say what became of it; a repeat of an id never adds a second message.

        Where the provider itself cannot keep that promise, the channel's docstring says so.
        """
        ...

    async def aclose(self) -> None:
        """Let go of sockets and files; nothing may be sent after it."""
        ...


@runtime_checkable
class Receipts(Protocol):
    """The side of a channel that later has news: receipts and replies."""

    async def poll(self, now_ns: int) -> list[Receipt | Inbound]:
        """News not yet settled by `done`, oldest first, at most a page of it.

        Until then the same news comes again, so the reader must be idempotent.

        Raises:
            Unavailable: the provider cannot be asked now; ask again later.
        """
        ...

    async def done(self, keys: list[str]) -> None:
        """Settle the news of these keys; call it after they are committed.

        Raises:
            Unavailable: the provider cannot be told now; the news will come again.
        """
        ...


@runtime_checkable
class Monitored(Protocol):
    """The side of a channel that can tell whether its provider is alive."""

    def alive(self, now_ns: int) -> bool:
        """Whether the provider has shown a sign of life lately."""
        ...


class Unavailable(Exception):  # noqa: N818  (a state of the world, not a fault of ours)
    """The provider cannot be asked now; the message says what is missing and what to do."""
