"""Signatures of requests with an API key's secret."""

import base64
import hashlib
import hmac
import threading
import time
from typing import Callable, Dict
from urllib.parse import urlsplit

from .recent_ids import RecentIds

# Where more is signed than there are milliseconds, timestamps run ahead of the clock. Beyond this the clock was set back.
_MAX_AHEAD_MS = 60_000

# The last signatures of this process, whoever made them. A signature works once.
_used = RecentIds()
_signing = threading.Lock()


class RequestSigner:
    """Signs requests; `now` gives Unix seconds."""

    def __init__(self, secret: str, now: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._now = now
        self._last_timestamp = 0

    def headers_for(self, method: str, url: str, body: bytes = b"") -> Dict[str, str]:
        """The headers that sign a request whose body has exactly these bytes."""
        with _signing:
            while True:
                timestamp = self._next_timestamp()
                signature = self._sign(method, url, body, timestamp)
                if _used.add(signature):
                    return {"X-API-Timestamp": str(timestamp), "X-API-Signature": signature}

    def _next_timestamp(self) -> int:
        """One of its own for each request of a millisecond: they must not look like one that is sent twice."""
        now = int(self._now() * 1000)
        is_ahead = 0 <= self._last_timestamp - now < _MAX_AHEAD_MS
        self._last_timestamp = self._last_timestamp + 1 if is_ahead else now
        return self._last_timestamp

    def _sign(self, method: str, url: str, body: bytes, timestamp: int) -> str:
        parts = urlsplit(url)
        content = parts.query.encode() if method in ("GET", "HEAD") else body
        text = f"{method}|{parts.path}|{timestamp}|".encode() + content
        return base64.b64encode(hmac.new(self._secret, text, hashlib.sha256).digest()).decode()
