"""A socket that is opened again whenever it is lost, until it is closed or the service refuses it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Callable, Dict, Mapping, Optional

from .listeners import Listener, Report, tell
from .lockstep_error import is_final
from .messages import EventMessage, Json, Resync
from .recent_ids import RecentIds
from .retry import pause_after
from .web_socket import WebSocket


@dataclass(frozen=True)
class PushOptions:
    # Where the service is, and which of its sockets.
    url: str
    path: str
    # What is to be heard, by its type; each hears the whole message.
    listeners: Mapping[str, Callable[[EventMessage], object]]
    # Tells who connects, in headers; asked anew for every connect.
    headers_for: Callable[[str], Dict[str, str]]
    # Whether a refusal's cause is put right, so that it is worth while to ask once more.
    is_overcome: Callable[[BaseException], bool]
    # The last id that was heard before.
    after: Optional[str]
    on_resync: Optional[Listener[Resync]]
    report: Report


class PushConnection:
    def __init__(self, options: PushOptions) -> None:
        self._options = options
        base = options.url.replace("http", "ws", 1) + options.path
        self._url = f"{base}?types={','.join(options.listeners)}"
        self.last_id = options.after
        self._heard = RecentIds()
        self._connects = 0
        self._opened = asyncio.Event()
        self._closing = False
        # Done when there is no connection any more and will be none; failed with the refusal, if that is why.
        self.ended = asyncio.ensure_future(self._run())

    @classmethod
    async def open(cls, options: PushOptions) -> "PushConnection":
        """Returns when the socket is open for the first time; raises when it is refused."""
        connection = cls(options)
        opened = asyncio.ensure_future(connection._opened.wait())
        try:
            await asyncio.wait({opened, connection.ended}, return_when=asyncio.FIRST_COMPLETED)
            if not opened.done():
                connection.ended.result()
        except BaseException:
            connection.close()
            raise
        finally:
            opened.cancel()
        return connection

    def close(self) -> None:
        self._closing = True
        self.ended.cancel()

    async def _run(self) -> None:
        try:
            await self._keep_connected()
        except asyncio.CancelledError:
            if not self._closing:
                raise

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            connects = self._connects
            try:
                await self._connect_once()
            except Exception as problem:
                if is_final(problem) and not self._options.is_overcome(problem):
                    raise
                failures = 0 if self._connects > connects else failures
                self._options.report(problem)
                await pause_after(problem, failures)
                failures += 1

    async def _connect_once(self) -> None:
        """One socket from its opening to its end; raises what ended it."""
        url = self._url + (f"&after={self.last_id}" if self.last_id else "")
        socket = WebSocket(url, self._options.headers_for(url))
        await socket.open()
        try:
            self._connects += 1
            # lost before anything was heard: there is no id after which the service could tell what was missed
            if self._connects > 1 and not self.last_id:
                self._resync({"after": None, "kept_since": None})
            self._opened.set()
            async for frame in socket.messages():
                self._hear(frame)
        finally:
            await socket.close()

    def _hear(self, frame: str) -> None:
        """Delivery is at least once. A cancellation request counts until it is answered, so it goes through each time."""
        try:
            message: Json = json.loads(frame)
            if message["type"] == "resync":
                self.last_id = message["id"]
                self._resync(message["data"])
            # what a newer service says beside that does not count, and its id is perhaps no event's
            elif message["type"] in self._options.listeners:
                self._hear_event(message)
        except (ValueError, LookupError, TypeError) as error:
            self._options.report(error)

    def _hear_event(self, message: Json) -> None:
        is_request = message["type"] == "cancellation_request"
        # a request that is pushed again has the id of an event further back
        if not self.last_id or not (is_request and message["data"]["metadata"]["redelivered"]):
            self.last_id = message["id"]
        if is_request or self._heard.add(message["id"]):
            self._options.listeners[message["type"]](message)  # type: ignore[arg-type]

    def _resync(self, data: Resync) -> None:
        tell(self._options.on_resync, data, self._options.report)
