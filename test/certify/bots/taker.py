"""A taker on Python's standard library and the package websockets: it locks every new order, and gives up what it is asked to."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import threading
import time
import urllib.error
import urllib.request

import websockets

URL = os.environ["LOCKSTEP_URL"]
KEY, SECRET = os.environ["API_KEY"], os.environ["API_SECRET"]
ADDRESS = os.environ["TAKER_ADDRESS"]

SOCKET = "/ws/taker/v1"
TYPES = "types=order_status_change,cancellation_request"
CALL_TIMEOUT_S = 15
SILENCE_S = 65
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5

clock = threading.Lock()
last_timestamp = 0


def signed(method: str, path: str, payload: str) -> dict[str, str]:
    global last_timestamp
    with clock:  # no two calls are signed for the same millisecond
        last_timestamp = max(last_timestamp + 1, int(time.time() * 1000))
        timestamp = str(last_timestamp)
    text = f"{method}|{path}|{timestamp}|{payload}"
    mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(mac).decode()
    return {"X-API-Key": KEY, "X-API-Timestamp": timestamp, "X-API-Signature": signature}


def call(method: str, path: str, body: dict | None = None) -> dict:
    raw = json.dumps(body) if body else ""
    headers = signed(method, path, raw) | ({"Content-Type": "application/json"} if body else {})
    request = urllib.request.Request(URL + path, raw.encode() or None, headers, method=method)
    with urllib.request.urlopen(request, timeout=CALL_TIMEOUT_S) as answer:
        return json.load(answer)


def passes(error: Exception) -> tuple[bool, float]:
    """Whether it is worth while to try again, and after how many seconds."""
    if not isinstance(error, urllib.error.HTTPError):
        return True, 0
    retry_after = float(error.headers.get("Retry-After") or 0)
    code = json.load(error).get("code", 0)
    return error.code >= 500 or error.code == 429 or code in (409009, 10010013), retry_after


async def persist(method: str, path: str, body: dict | None = None) -> None:
    pause = FIRST_PAUSE_S
    while True:
        try:
            await asyncio.to_thread(call, method, path, body)
            return
        except (OSError, ValueError) as error:
            again, retry_after = passes(error)
            if not again:
                return
            await asyncio.sleep(retry_after + pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


class Taker:
    def __init__(self) -> None:
        self.after: str | None = None
        self.seen: set[str] = set()
        self.tasks: set[asyncio.Task] = set()

    def start(self, method: str, path: str, body: dict | None = None) -> None:
        task = asyncio.create_task(persist(method, path, body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def is_new(self, key: str) -> bool:
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def hear(self, message: dict) -> None:
        kind, data = message["type"], message.get("data")
        if kind == "resync":
            self.after = message["id"]
            self.start("GET", "/api/v1/orders/available")
            self.start("GET", "/api/v1/takers/orders")
        elif kind == "order_status_change":
            self.after = message["id"]
            if data["from_status"] is None and self.is_new(message["id"]):
                self.start("POST", "/api/v1/orders/lock", {"order_hash": data["order_hash"], "taker_address": ADDRESS})
        elif kind == "cancellation_request":
            if not data["metadata"]["redelivered"]:
                self.after = message["id"]
            request_id = data["metadata"]["request_id"]
            if self.is_new(request_id):
                verdict = {"cancellation_success": True, "message": "Not traded yet", "request_id": request_id}
                order = {"order_hash": data["order_hash"], "taker_address": ADDRESS}
                self.start("POST", "/api/v1/orders/cancel-result", order | verdict)

    async def listen(self) -> None:
        query = TYPES + (f"&after={self.after}" if self.after else "")
        target = f"{URL.replace('http', 'ws')}{SOCKET}?{query}"
        async with websockets.connect(
            target, extra_headers=signed("GET", SOCKET, query), open_timeout=10, close_timeout=2
        ) as socket:
            while True:
                self.hear(json.loads(await asyncio.wait_for(socket.recv(), SILENCE_S)))

    async def run(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self.listen()
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException):
                pass
            await asyncio.sleep(FIRST_PAUSE_S if time.monotonic() - started > 1 else 1)


asyncio.run(Taker().run())
