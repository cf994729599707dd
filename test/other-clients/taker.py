"""A taker on Python's standard library and the package websockets."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
import urllib.request

import websockets

URL = os.environ["LOCKSTEP_URL"]
KEY, SECRET = os.environ["API_KEY"], os.environ["API_SECRET"]
ORDER = {"order_hash": os.environ["ORDER_HASH"], "taker_address": os.environ["TAKER_ADDRESS"]}


def signed(method: str, path: str, payload: str) -> dict[str, str]:
    time.sleep(0.002)  # no two calls are signed for the same millisecond
    timestamp = str(int(time.time() * 1000))
    text = f"{method}|{path}|{timestamp}|{payload}"
    mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(mac).decode()
    return {"X-API-Key": KEY, "X-API-Timestamp": timestamp, "X-API-Signature": signature}


def send(method: str, path: str, query: str = "", body: dict | None = None) -> None:
    raw = json.dumps(body) if body else ""
    headers = signed(method, path, raw or query) | ({"Content-Type": "application/json"} if body else {})
    target = URL + path + (f"?{query}" if query else "")
    request = urllib.request.Request(target, raw.encode() or None, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        print(method, path, answer.status, answer.read().decode(), flush=True)


async def main() -> None:
    send("GET", "/api/v1/takers/orders", "page_size=5&sort_order=asc")
    send("POST", "/api/v1/orders/lock", body=ORDER)
    path, query = "/ws/taker/v1", "types=order_status_change,cancellation_request"
    headers = signed("GET", path, query)
    socket_url = f"{URL.replace('http', 'ws')}{path}?{query}"
    async with websockets.connect(socket_url, extra_headers=headers) as socket:
        print("listening", flush=True)
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "cancellation_request":
                break
    verdict = {"cancellation_success": True, "message": "Not traded yet"}
    request_id = message["data"]["metadata"]["request_id"]
    send("POST", "/api/v1/orders/cancel-result", body=ORDER | verdict | {"request_id": request_id})


asyncio.run(main())
