"""HTTP as the service speaks it: one connection a call, no redirects. Nobody else gets to see a key or a signature."""

import asyncio
import io
import ssl
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, parse_headers
from typing import Mapping, Tuple
from urllib.parse import SplitResult, urlsplit

from .time_limit import within

# A call without an answer by then has failed, and nobody knows whether it was done.
_CALL_TIMEOUT_S = 15

Stream = Tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Response:
    status: int
    headers: Message
    body: bytes


async def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
    """Raises OSError when no answer comes: ConnectionError or TimeoutError for example."""
    return await within(_CALL_TIMEOUT_S, _send(method, urlsplit(url), headers, body), "answer")


async def _send(method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> Response:
    reader, writer = await open_stream(url)
    try:
        target = url.path + (f"?{url.query}" if url.query else "")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {url.netloc}", "Connection: close"]
        if method != "GET":
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        return await read_response(reader, await read_head(reader))
    finally:
        writer.close()


async def open_stream(url: SplitResult) -> Stream:
    is_secure = url.scheme in ("https", "wss")
    context = ssl.create_default_context() if is_secure else None
    return await asyncio.open_connection(url.hostname, url.port or (443 if is_secure else 80), ssl=context)


async def read_head(reader: asyncio.StreamReader) -> bytes:
    """The status line and the headers of an answer, as they came."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (EOFError, asyncio.LimitOverrunError) as error:
        raise ConnectionError("the connection broke off before an answer came") from error


async def read_response(reader: asyncio.StreamReader, head: bytes) -> Response:
    try:
        status_line, _, raw_headers = head.partition(b"\r\n")
        headers = parse_headers(io.BytesIO(raw_headers))
        return Response(int(status_line.split()[1]), headers, await _read_body(reader, headers))
    except (EOFError, ValueError, LookupError, HTTPException) as error:
        raise ConnectionError("the answer broke off, or is none of HTTP") from error


async def _read_body(reader: asyncio.StreamReader, headers: Message) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    length = headers.get("content-length")
    return await reader.read() if length is None else await reader.readexactly(int(length))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    return body
