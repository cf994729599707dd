"""One socket, from its opening to its end."""

import asyncio
from typing import Any, AsyncIterator, List, Mapping
from urllib.parse import urlsplit

import websockets.client
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from .http_call import open_stream, read_head, read_response
from .lockstep_error import LockstepError
from .time_limit import within

# Its name before version 11 was another.
_NAME = "ClientProtocol" if hasattr(websockets.client, "ClientProtocol") else "ClientConnection"
_ClientProtocol: Any = getattr(websockets.client, _NAME)

_HANDSHAKE_TIMEOUT_S = 10
# Heartbeats come every 30 s. A socket that is silent for two of them, and a little, is dead.
_SILENCE_S = 65
# How long the service has to answer the closing handshake.
_CLOSE_TIMEOUT_S = 2
_MAX_MESSAGE_BYTES = 1024 * 1024
_READ_BYTES = 64 * 1024
_SWITCHING_PROTOCOLS = b"101"


class SocketClosed(ConnectionError):
    """The socket was open, and is no more."""


class WebSocket:
    """Speaks the protocol over a stream of bytes, which tells of a refusal's body and of each byte that is heard."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._protocol = _ClientProtocol(parse_uri(url), max_size=_MAX_MESSAGE_BYTES)
        request = self._protocol.connect()
        request.headers.update(headers)
        self._protocol.send_request(request)

    async def open(self) -> None:
        """Raises LockstepError when it is refused, OSError when nobody answers."""
        await within(_HANDSHAKE_TIMEOUT_S, self._open(), "socket")

    async def _open(self) -> None:
        self._reader, self._writer = await open_stream(urlsplit(self._url))
        try:
            self._flush()
            head = await read_head(self._reader)
            if head.split(b" ", 2)[1:2] != [_SWITCHING_PROTOCOLS]:
                raise LockstepError(await read_response(self._reader, head))
            self._protocol.receive_data(head)
            if self._protocol.handshake_exc:
                raise ConnectionError(f"the socket did not open: {self._protocol.handshake_exc}")
        except BaseException:
            self._writer.close()
            raise

    async def messages(self) -> AsyncIterator[str]:
        """What is said, until the socket is closed; that raises SocketClosed."""
        parts: List[bytes] = []
        while True:
            for frame in await self._read_frames():
                if frame.opcode in (Opcode.TEXT, Opcode.CONT):
                    parts.append(frame.data)
                    if frame.fin:
                        yield b"".join(parts).decode()
                        parts.clear()
            if self._protocol.close_expected() or self._reader.at_eof():
                raise SocketClosed(self._how_it_ended())

    async def close(self) -> None:
        """Takes leave where the other side has not, and ends the connection."""
        try:
            if not self._protocol.close_expected() and not self._reader.at_eof():
                self._protocol.send_close(1000)
                self._flush()
                await within(_CLOSE_TIMEOUT_S, self._closed(), "answer to the close frame")
        except OSError:
            pass  # it is gone already
        finally:
            self._writer.close()

    async def _closed(self) -> None:
        while not self._protocol.close_rcvd and not self._reader.at_eof():
            await self._read_frames()

    async def _read_frames(self) -> List[Frame]:
        silence = asyncio.get_running_loop().call_later(_SILENCE_S, self._writer.transport.abort)
        try:
            data = await self._reader.read(_READ_BYTES)
        finally:
            silence.cancel()
        if not data:
            return []
        self._protocol.receive_data(data)
        self._flush()
        return [event for event in self._protocol.events_received() if isinstance(event, Frame)]

    def _flush(self) -> None:
        self._writer.write(b"".join(self._protocol.data_to_send()))

    def _how_it_ended(self) -> str:
        close = self._protocol.close_rcvd or self._protocol.close_sent
        return f"the socket closed: {close.code} {close.reason}".rstrip() if close else "the socket closed: 1006"
