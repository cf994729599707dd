"""An open line to the service. It is kept up, whatever happens, until it is closed or the service refuses it."""

import asyncio
from typing import Awaitable, Callable, Optional

from .lockstep_error import LockstepError
from .push_connection import PushConnection, PushOptions


class AsyncSession:
    """Also a context manager that closes it."""

    def __init__(self, connection: PushConnection, options: PushOptions, finish: Callable[[], Awaitable[None]]) -> None:
        self._connection = connection
        self._report = options.report
        self._finish = finish
        self._ended = asyncio.ensure_future(self._end())
        # a refusal is reported, and raised by wait_ended where somebody waits
        self._ended.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    @property
    def last_id(self) -> Optional[str]:
        """The id of the last message, to go on with `after` in another session."""
        return self._connection.last_id

    async def wait_ended(self) -> None:
        """Waits until the session is over: returns after a close, raises the refusal that ended it."""
        await asyncio.shield(self._ended)

    async def close(self) -> None:
        """Stops listening, finishes what is under way, and waits for the end."""
        self._connection.close()
        try:
            await self.wait_ended()
        except LockstepError:
            pass  # refused before it was closed, and reported

    async def __aenter__(self) -> "AsyncSession":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _end(self) -> None:
        try:
            await self._connection.ended
        except LockstepError as refusal:
            self._report(refusal)
            raise
        finally:
            await self._finish()
