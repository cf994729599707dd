"""The taker without asyncio."""

import asyncio
import threading
import unittest
from typing import Any, List

from lockstep import LockstepError, Taker, Verdict

from .stand_in import PATIENCE_S, StandIn, change, credentials, refusal, request, until


class Plain(unittest.IsolatedAsyncioTestCase):
    """The stand-in runs in the test's event loop, and the taker in threads, as a plain program would have it."""

    async def asyncSetUp(self) -> None:
        self.service = await StandIn().__aenter__()
        self.taker = Taker(**credentials(self.service.url))

    async def asyncTearDown(self) -> None:
        await self.service.__aexit__()

    async def listen(self, **listeners: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, lambda: self.taker.listen(**listeners))

    async def close(self, session: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(None, session.close)

    async def test_changes_are_told_in_order_and_decisions_wait_side_by_side(self) -> None:
        told: List[str] = []
        all_asked = threading.Barrier(3)

        def lock(change: Any) -> None:
            self.taker.lock(change["order_hash"])
            told.append(change["order_hash"])

        def decide(_: Any) -> Verdict:
            all_asked.wait(PATIENCE_S)
            return Verdict(False, "Already trading")

        session = await self.listen(on_order_status_change=lock, on_cancellation_request=decide)
        events = [f"{number:02}" for number in range(20)]
        self.service.push(*map(change, events), *(request(f"q-{number}", f"{90 + number}") for number in range(3)))
        await until(lambda: len(self.service.calls) == 23 and len(told) == 20, "all calls")
        self.assertEqual(told, events)
        await self.close(session)
        session.wait_ended()

    async def test_it_is_told_when_the_session_is_refused(self) -> None:
        problems: List[BaseException] = []
        session = await self.listen(on_cancellation_request=lambda _: None, on_problem=problems.append)
        self.service.refusals.append(refusal(401, 10010009, "API key not found"))
        self.service.drop()
        await until(lambda: bool(problems) and isinstance(problems[-1], LockstepError), "the refusal")
        with self.assertRaisesRegex(LockstepError, "API key not found"):
            session.wait_ended()
