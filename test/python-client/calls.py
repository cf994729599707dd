"""Makes each call of the client, from an order's first sight to its rejection, and prints what tells that it was done."""

import asyncio
import json
import sys

from lockstep import AsyncTaker, LockstepError, terms_of


async def main(url: str, api_key: str, api_secret: str, address: str) -> None:
    taker = AsyncTaker(url=url, api_key=api_key, api_secret=api_secret, address=address)
    (order,) = await taker.available_orders()
    order_hash = order["order_hash"]
    valid = await taker.validate(order=terms_of(order), signature=order["signature"])
    await taker.lock(order_hash)
    await taker.unlock(order_hash)
    await taker.lock(order_hash, lock_duration=60, taker_address=address)
    locked = await taker.orders(status=["locked", "filled"], is_buy=True)
    await taker.reject(order_hash, "The instrument is halted")
    done = {
        "valid": valid["valid"],
        "locked": len(locked["orders"]),
        "status": (await taker.order(order_hash))["status"],
        "changes": [event["data"]["to_status"] for event in (await taker.history(order_hash))["events"]],
        "events": (await taker.events(limit=10))["resync"],
        "fills": (await taker.fills(page_size=5))["total"],
        "asked": (await taker.cancellation_requests())["total"],
        "chain": (await taker.call("GET", "/api/v1/config"))["eip712"]["domain"]["chainId"],
    }
    try:
        await taker.lock(order_hash)
    except LockstepError as error:
        done["refused"] = [error.status, error.code, error.request_id is not None]
    print(json.dumps(done))


asyncio.run(main(*sys.argv[1:]))
