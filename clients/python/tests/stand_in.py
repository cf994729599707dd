"""A server on a port of this machine that answers as a test tells it to."""

import asyncio
import base64
import hashlib
import json
import ssl
from typing import Any, Callable, Dict, List, Optional, Tuple

SECRET = "3b5d1f0a7c9e24686f1d0b3a5c7e9f1022446688aaccee00113355779bbddff1"
PATIENCE_S = 20
_CLOSE_FRAME = b"\x88"
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        await asyncio.sleep(0.01)


def answer(status: int, body: str, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} Answer", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", body]).encode()


def success(data: Any) -> bytes:
    return answer(200, json.dumps({"code": 0, "message": "success", "data": data}))


def refusal(status: int, code: int, message: str, *headers: str) -> bytes:
    body = {"code": code, "message": message, "details": "why", "data": None}
    return answer(status, json.dumps(body), "X-Request-Id: r-1", *headers)


def request(request_id: str, event: str, redelivered: bool = False) -> Dict[str, Any]:
    metadata = {"request_id": request_id, "redelivered": redelivered}
    return {"type": "cancellation_request", "id": event, "data": {"order_hash": "0x1", "metadata": metadata}}


def change(event: str) -> Dict[str, Any]:
    return {"type": "order_status_change", "id": event, "data": {"order_hash": event}}


class Call:
    def __init__(self, head: str, body: bytes) -> None:
        lines = head.split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
        self.body = json.loads(body) if body else None


class StandIn:
    """Answers calls with `answers` in turn, then with successes, and upgrades with `refusals` in turn, then opens them."""

    def __init__(self, tls: Optional[ssl.SSLContext] = None) -> None:
        self._tls = tls
        self.answers: List[Optional[bytes]] = []
        self.refusals: List[bytes] = []
        self.calls: List[Call] = []
        self.upgrades: List[Call] = []
        self.sockets: List[asyncio.StreamWriter] = []
        self._writers: List[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "StandIn":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    def push(self, *messages: Dict[str, Any]) -> None:
        for message in messages:
            self.frame(json.dumps(message).encode())

    def frame(self, text: bytes, first: int = 0x81) -> None:
        """A frame on the last socket that was opened; `first` has its opcode and whether it is a message's last."""
        size = bytes([len(text)]) if len(text) < 126 else bytes([126]) + len(text).to_bytes(2, "big")
        self.sockets[-1].write(bytes([first]) + size + text)

    def drop(self) -> None:
        self.sockets[-1].transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            call = Call(head, b"")
            if "upgrade" in call.headers:
                self._upgrade(call, writer)
                while (await reader.read(1024))[:1] not in (b"", _CLOSE_FRAME):
                    pass
                writer.close()
                return
            body = await reader.readexactly(int(call.headers.get("content-length", 0)))
            self.calls.append(Call(head, body))
            said = self.answers.pop(0) if self.answers else success({})
            if said is not None:
                writer.write(said)
            writer.close()
        except (EOFError, OSError):
            pass

    def _upgrade(self, call: Call, writer: asyncio.StreamWriter) -> None:
        self.upgrades.append(call)
        if self.refusals:
            writer.write(self.refusals.pop(0))  # and stays open, as a proxy may leave it
            return
        digest = hashlib.sha1((call.headers["sec-websocket-key"] + _GUID).encode()).digest()
        accept = f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}"
        head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", accept]
        writer.write("\r\n".join([*head, "", ""]).encode())
        self.sockets.append(writer)


def credentials(url: str) -> Dict[str, str]:
    return {"url": url, "api_key": "key", "api_secret": SECRET, "address": "0xtaker"}


def signed_with(call: Call) -> Tuple[str, str]:
    return call.headers["x-api-timestamp"], call.headers["x-api-signature"]
