"""Calls of the service, with a taker's key."""

import json
import re
from dataclasses import dataclass
from email.message import Message
from typing import Any, Dict, Mapping, Optional
from urllib.parse import quote, urlsplit

from .http_call import Response, send
from .lockstep_error import LockstepError
from .request_signer import RequestSigner
from .server_clock import ServerClock

Query = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """The data of a success, taken out of its envelope."""

    data: Any
    headers: Message


class Api:
    def __init__(self, url: str, api_key: str, api_secret: Optional[str]) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError(f"url must be http://host:port or https://host:port, but is {url!r}")
        for name, value in (("api_key", api_key), ("api_secret", api_secret)):
            if value is not None and not re.fullmatch("[!-~]+", value):
                raise ValueError(f"{name} must be printable ASCII without spaces and line ends")
        self.url = url.rstrip("/")
        self.clock = ServerClock()
        self._api_key = api_key
        self._signer = None if api_secret is None else RequestSigner(api_secret, self.clock.now)

    def headers_for(self, method: str, url: str, body: bytes = b"") -> Dict[str, str]:
        """What tells who calls."""
        signature = self._signer.headers_for(method, url, body) if self._signer else {}
        return {"X-API-Key": self._api_key, **signature}

    async def call(self, method: str, path: str, query: Optional[Query] = None, body: Any = None) -> Answer:
        """A refusal is raised as LockstepError, no answer as OSError."""
        url = self.url + path + _query_string(query or {})
        raw = b"" if body is None else json.dumps(body, allow_nan=False).encode()
        signed_with_s = self.clock.offset_s
        try:
            return await self._call_once(method, url, raw)
        except LockstepError as refusal:
            # it was not done, and is signed and sent once more
            if not self.clock.learn_from(refusal, signed_with_s):
                raise
        return await self._call_once(method, url, raw)

    async def _call_once(self, method: str, url: str, raw: bytes) -> Answer:
        headers = self.headers_for(method, url, raw)
        if raw:
            headers["Content-Type"] = "application/json"
        response = await send(method, url, headers, raw)
        if not 200 <= response.status < 300:
            raise LockstepError(response)
        return Answer(_data_of(response), response.headers)


def _data_of(response: Response) -> Any:
    try:
        return json.loads(response.body)["data"]
    except (ValueError, LookupError, TypeError) as error:
        raise LockstepError(response) from error


def _query_string(query: Query) -> str:
    pairs = [f"{quote(name, safe='')}={_text_of(value)}" for name, value in query.items() if value is not None]
    return "?" + "&".join(pairs) if pairs else ""


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text_of(item) for item in value)
    return quote(str(value), safe="")
