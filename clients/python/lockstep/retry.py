"""Waits between tries."""

import asyncio
import random

from .lockstep_error import LockstepError

_FIRST_DELAY_S = 0.25
_MAX_DELAY_S = 15
_MAX_RETRY_AFTER_S = 60
# Doubled any more often it is the longest delay anyway.
_MAX_DOUBLINGS = 10


async def pause_after(error: BaseException, failures: int) -> None:
    """Waits before the next try: longer each time, and at random, so that clients do not come back all at once."""
    longest = min(_FIRST_DELAY_S * 2 ** min(failures, _MAX_DOUBLINGS), _MAX_DELAY_S)
    asked = (error.retry_after_seconds or 0) if isinstance(error, LockstepError) else 0
    await asyncio.sleep(min(asked, _MAX_RETRY_AFTER_S) + longest * random.uniform(0.5, 1))
