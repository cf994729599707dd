"""Limits of how long something is waited for."""

import asyncio
from typing import Awaitable, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Awaitable[T], what: str) -> T:
    """Raises TimeoutError when it takes longer. Never swallows a cancellation, as wait_for does before Python 3.12."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise TimeoutError(f"no {what} within {seconds:g} s")
        return task.result()
    finally:
        task.cancel()
