"""What the service answers when it does not do what a call asks."""

import json
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Optional, Tuple

from .http_call import Response

_TOO_MANY_REQUESTS = 429
_ORDER_SUSPENDED = 409009
_SIGNATURE_USED = 10010013
# What passes when it is tried again.
_PASSING = frozenset((_ORDER_SUSPENDED, _SIGNATURE_USED))
# Answers of proxies can be whole pages.
_MAX_FOREIGN_DETAILS_CHARACTERS = 200


class LockstepError(Exception):
    """An answer that refuses; `message` is short and stable."""

    def __init__(self, response: Response) -> None:
        text = response.body.decode(errors="replace")
        # The HTTP status.
        self.status = response.status
        # The contract's code; 0 when something before the service answered, a proxy for example.
        self.code = 0
        self.message = f"Unexpected answer with HTTP status {response.status}"
        # What is wrong, for a person.
        self.details = text[:_MAX_FOREIGN_DETAILS_CHARACTERS]
        envelope = _envelope_in(text)
        if envelope:
            self.code, self.message, self.details = envelope
        # Finds the call in the service's logs.
        self.request_id: Optional[str] = response.headers.get("x-request-id")
        # How long the service asks to be left alone.
        self.retry_after_seconds = _seconds_in(response.headers)
        # When that was answered, by the clock of who answered; Unix seconds.
        self.answered_at = _time_in(response.headers)
        super().__init__(f"{self.code} {self.message}: {self.details}")


def is_final(error: BaseException) -> bool:
    """Whether the service has said no. All else passes: no answer, an overload, a suspended order, a used signature."""
    if not isinstance(error, LockstepError) or error.code == 0:
        return False
    return error.status < 500 and error.status != _TOO_MANY_REQUESTS and error.code not in _PASSING


def _envelope_in(text: str) -> Optional[Tuple[int, str, str]]:
    try:
        envelope = json.loads(text)
        code, message, details = envelope["code"], envelope["message"], envelope["details"]
    except (ValueError, LookupError, TypeError):
        return None  # not from the service
    if type(code) is int and isinstance(message, str) and isinstance(details, str):
        return code, message, details
    return None


def _seconds_in(headers: Message) -> Optional[int]:
    value = str(headers.get("retry-after", ""))
    return int(value) if value.isascii() and value.isdigit() else None


def _time_in(headers: Message) -> Optional[float]:
    try:
        return parsedate_to_datetime(str(headers.get("date"))).timestamp()
    except (ValueError, TypeError):
        return None
