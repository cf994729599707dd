"""A session through a bad network."""

import asyncio
import email.utils
import time
import unittest
from typing import Any, Callable, Iterator, List, Optional
from unittest.mock import patch

from lockstep import Answered, AnswerRefused, AsyncSession, AsyncTaker, CancellationRequest, LockstepError, Verdict

from .stand_in import PATIENCE_S, StandIn, change, credentials, refusal, request, signed_with, until

YES = Verdict(True, "Not traded yet")
REVOKED = refusal(401, 10010009, "API key not found")


class Sessions(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.service = await StandIn().__aenter__()
        self.taker = AsyncTaker(**credentials(self.service.url))
        self.asked: List[CancellationRequest] = []
        self.told: List[Any] = []
        self.changes: List[str] = []
        self.problems: List[BaseException] = []

    async def asyncTearDown(self) -> None:
        await self.service.__aexit__()

    async def listen(self, decide: Any = lambda _: YES, after: Optional[str] = None) -> AsyncSession:
        def asked(request: CancellationRequest) -> Any:
            self.asked.append(request)
            return decide(request)

        session = await self.taker.listen(
            on_cancellation_request=asked,
            on_order_status_change=lambda change: self.changes.append(change["order_hash"]),
            on_answered=self.told.append,
            on_answer_refused=self.told.append,
            on_resync=self.told.append,
            on_problem=self.problems.append,
            after=after,
        )
        self.addAsyncCleanup(session.close)
        return session

    async def sockets(self, count: int) -> None:
        await until(lambda: len(self.service.sockets) == count, f"socket {count}")

    async def test_a_key_that_is_refused_raises(self) -> None:
        self.service.refusals.append(REVOKED)
        with self.assertRaises(LockstepError) as raised:
            await self.listen()
        self.assertEqual((raised.exception.code, raised.exception.request_id), (10010009, "r-1"))

    async def test_a_key_that_is_refused_later_ends_the_session(self) -> None:
        session = await self.listen()
        self.service.refusals.append(REVOKED)
        self.service.drop()
        with self.assertRaisesRegex(LockstepError, "API key not found"):
            await asyncio.wait_for(session.wait_ended(), PATIENCE_S)
        await until(lambda: isinstance(self.problems[-1], LockstepError), "the report")
        await session.close()

    async def test_other_refusals_of_the_socket_pass(self) -> None:
        self.service.refusals += [refusal(503, 503001, "Service unavailable"), b"HTTP/1.1 403 No\r\n\r\n"[:-2]]
        with patch("lockstep.web_socket._HANDSHAKE_TIMEOUT_S", 0.2):
            await self.listen()
        self.assertEqual([type(problem) for problem in self.problems], [LockstepError, TimeoutError])

    async def test_each_upgrade_is_signed_and_by_a_corrected_clock(self) -> None:
        date = email.utils.formatdate(time.time() + 3600, usegmt=True)
        self.service.refusals.append(refusal(401, 10010011, "Timestamp expired", f"Date: {date}"))
        await self.listen()
        before, after = [int(signed_with(upgrade)[0]) for upgrade in self.service.upgrades]
        self.assertGreater(after - before, 3_000_000)

    async def test_one_verdict_is_repeated_until_it_is_recorded(self) -> None:
        self.service.answers += [
            refusal(500, 500001, "Internal error"),
            None,
            refusal(429, 429001, "Too many requests", "Retry-After: 1"),
            refusal(409, 409009, "Order suspended"),
        ]
        verdicts = iter((YES, Verdict(False, "Already trading")))
        await self.listen(lambda _: next(verdicts))
        self.service.push(request("q-1", "01"), request("q-1", "01", True), request("q-1", "02"))
        await until(lambda: bool(self.told), "the record")
        self.service.push(request("q-1", "01", True), change("03"))
        await until(lambda: self.changes == ["03"], "what came after")
        self.assertEqual(len(self.asked), 1)
        body = {"order_hash": "0x1", "taker_address": "0xtaker", "request_id": "q-1"}
        expected = {**body, "cancellation_success": True, "message": "Not traded yet"}
        self.assertEqual([call.body for call in self.service.calls], [expected] * 5)
        self.assertIsInstance(self.told[0], Answered)
        signatures = {signed_with(call) for call in self.service.calls}
        self.assertEqual(len(signatures), 5)

    async def test_retry_after_is_waited_for(self) -> None:
        self.service.answers.append(refusal(503, 503001, "Service unavailable", "Retry-After: 1"))
        await self.listen()
        self.service.push(request("q-1", "01"))
        await until(lambda: bool(self.service.calls), "the first try")
        tried_at = time.monotonic()
        await until(lambda: len(self.service.calls) == 2, "the second try")
        self.assertGreater(time.monotonic() - tried_at, 0.95)

    async def test_a_verdict_that_can_never_be_recorded_is_told(self) -> None:
        self.service.answers.append(refusal(409, 409003, "Verdict conflict"))
        await self.listen()
        self.service.push(request("q-1", "01"))
        await until(lambda: bool(self.told), "the refusal")
        self.assertIsInstance(self.told[0], AnswerRefused)
        self.assertEqual((self.told[0].error.code, len(self.service.calls)), (409003, 1))

    async def test_a_callback_that_raises_or_says_nothing_is_asked_again(self) -> None:
        results: Iterator[Callable[[], Any]] = iter((lambda: 1 / 0, lambda: None, lambda: YES))
        await self.listen(lambda _: next(results)())
        self.service.push(request("q-1", "01"))
        await until(lambda: bool(self.told), "the record")
        self.assertEqual([type(problem) for problem in self.problems], [ZeroDivisionError, TypeError])

    async def test_it_goes_on_after_the_last_id_and_tells_each_change_once(self) -> None:
        session = await self.listen(after="01")
        self.service.push(change("02"), change("02"), request("q-1", "03"), request("q-0", "01", True))
        await until(lambda: len(self.told) == 2, "both records")
        self.service.drop()
        await self.sockets(2)
        self.service.push(change("02"), change("04"), {"type": "news", "id": "ff"})
        await until(lambda: self.changes == ["02", "04"], "the changes")
        self.assertEqual(session.last_id, "04")
        afters = [upgrade.target.split("after=")[1] for upgrade in self.service.upgrades]
        self.assertEqual(afters, ["01", "03"])

    async def test_watch_hears_whole_messages_and_answers_nothing(self) -> None:
        messages: List[Any] = []
        async with await self.taker.watch(on_message=messages.append):
            pushed = [change("01"), request("q-1", "02"), request("q-1", "02", True)]
            self.service.push(*pushed)
            await until(lambda: messages == pushed, "the messages")
        self.assertEqual(self.service.calls, [])

    async def test_resync_is_told_and_also_where_nothing_was_heard(self) -> None:
        session = await self.listen()
        self.service.drop()
        await self.sockets(2)
        await until(lambda: self.told == [{"after": None, "kept_since": None}], "a resync of its own")
        self.service.push({"type": "resync", "id": "0r", "data": {"after": "01", "kept_since": "then"}})
        await until(lambda: self.told[1:] == [{"after": "01", "kept_since": "then"}], "the service's resync")
        self.assertEqual(session.last_id, "0r")

    async def test_a_silent_socket_is_left(self) -> None:
        with patch("lockstep.web_socket._SILENCE_S", 0.2):
            await self.listen()
            await self.sockets(2)
        self.assertEqual([str(problem) for problem in self.problems], ["the socket closed: 1006"])

    async def test_a_message_in_fragments_and_a_close_frame_are_understood(self) -> None:
        await self.listen()
        self.service.frame(b'{"type":"order_status_change","id":"0', 0x01)
        self.service.frame(b"are you there", 0x89)
        self.service.frame(b'1","data":{"order_hash":"01"}}', 0x80)
        self.service.frame(b"not JSON")
        await until(lambda: self.changes == ["01"], "the message")
        self.service.frame((1012).to_bytes(2, "big") + b"again", 0x88)
        await self.sockets(2)
        self.assertEqual(str(self.problems[-1]), "the socket closed: 1012 again")

    async def test_close_lets_an_answer_under_way_be_recorded(self) -> None:
        decided = asyncio.Event()

        async def decide(_: CancellationRequest) -> Verdict:
            await decided.wait()
            return YES

        session = await self.listen(decide)
        self.service.push(request("q-1", "01"))
        await until(lambda: bool(self.asked), "the question")
        closing = asyncio.ensure_future(session.close())
        decided.set()
        await closing
        await session.wait_ended()
        self.assertEqual([call.body["request_id"] for call in self.service.calls], ["q-1"])
        self.assertEqual((len(self.service.upgrades), self.problems), (1, []))

    async def test_close_tells_what_was_not_answered_in_time(self) -> None:
        with patch("lockstep.cancellation_answers._FINISH_TIMEOUT_S", 0.1):
            session = await self.listen(lambda _: asyncio.Event().wait())
            self.service.push(request("q-1", "01"))
            await until(lambda: bool(self.asked), "the question")
            await asyncio.wait_for(session.close(), PATIENCE_S)
        await until(lambda: bool(self.problems), "the report")
        self.assertEqual(
            str(self.problems[0]), "cancellation request q-1 was not answered before the session ended"
        )
