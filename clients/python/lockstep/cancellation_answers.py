"""Answers each cancellation request with one verdict, until that is recorded."""

import asyncio
from dataclasses import dataclass
from typing import Awaitable, Callable, Dict, Optional, Union

from .listeners import Listener, Report, call, tell
from .lockstep_error import LockstepError, is_final
from .messages import CancellationRequest
from .recent_ids import RecentIds
from .retry import pause_after

# How long answers that are under way at the end have left.
_FINISH_TIMEOUT_S = 10
_CONFLICT = 409


@dataclass(frozen=True)
class Verdict:
    """A taker's decision on a cancellation request."""

    # True gives the order up; False keeps it locked, to complete the trade.
    cancel: bool
    # Kept, and shown to the maker; what is over 1,000 characters is cut.
    message: str
    # The address that holds the lock, when it is not the client's.
    taker_address: Optional[str] = None

    def __post_init__(self) -> None:
        if not isinstance(self.cancel, bool):
            raise TypeError(f"cancel must be True or False, but is {self.cancel!r}")
        if not isinstance(self.message, str):
            raise TypeError(f"message must be a string, but is {self.message!r}")


@dataclass(frozen=True)
class Answered:
    """A request with the verdict that was given on it."""

    request: CancellationRequest
    verdict: Verdict


@dataclass(frozen=True)
class AnswerRefused(Answered):
    """The verdict will never be recorded, and why."""

    error: LockstepError


# Decides; may be a plain function or a coroutine function.
Decide = Callable[[CancellationRequest], Union[Verdict, Awaitable[Verdict]]]
Send = Callable[[CancellationRequest, Verdict], Awaitable[object]]


class CancellationAnswers:
    def __init__(
        self,
        decide: Decide,
        send: Send,
        report: Report,
        on_answered: Optional[Listener[Answered]],
        on_answer_refused: Optional[Listener[AnswerRefused]],
    ) -> None:
        self._decide = decide
        self._send = send
        self._report = report
        self._on_answered = on_answered
        self._on_answer_refused = on_answer_refused
        # The answers under way, by the ids of their requests.
        self._under_way: "Dict[str, asyncio.Task[None]]" = {}
        # The requests that need no answer any more.
        self._resolved = RecentIds()
        self._finishing = False

    def consider(self, request: CancellationRequest) -> None:
        """Answers a request, unless it has come before: at an earlier connect, or before it timed out."""
        request_id = request["metadata"]["request_id"]
        if request_id in self._under_way or request_id in self._resolved:
            return
        answer = asyncio.ensure_future(self._answer(request))
        self._under_way[request_id] = answer
        answer.add_done_callback(lambda _: self._under_way.pop(request_id))

    async def finish(self) -> None:
        """Waits for the answers under way, for a bounded time; nobody is asked for a verdict again."""
        self._finishing = True
        answers = set(self._under_way.values())
        if not answers:
            return
        _, unfinished = await asyncio.wait(answers, timeout=_FINISH_TIMEOUT_S)
        for answer in unfinished:
            answer.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _answer(self, request: CancellationRequest) -> None:
        try:
            if await self._answer_until_recorded(request):
                return
        except asyncio.CancelledError:
            pass
        request_id = request["metadata"]["request_id"]
        self._report(RuntimeError(f"cancellation request {request_id} was not answered before the session ended"))

    async def _answer_until_recorded(self, request: CancellationRequest) -> bool:
        """Returns False where the session ended before there was a verdict."""
        verdict: Optional[Verdict] = None
        failures = 0
        while verdict or failures == 0 or not self._finishing:
            try:
                verdict = verdict or await self._ask(request)
                await self._send(request, verdict)
                self._resolved.add(request["metadata"]["request_id"])
                tell(self._on_answered, Answered(request, verdict), self._report)
                return True
            except Exception as error:
                if verdict and isinstance(error, LockstepError) and is_final(error):
                    self._refused(AnswerRefused(request, verdict, error))
                    return True
                self._report(error)
                if verdict or not self._finishing:
                    await pause_after(error, failures)
                failures += 1
        return False

    async def _ask(self, request: CancellationRequest) -> Verdict:
        verdict = await call(self._decide, request)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"on_cancellation_request must return a Verdict, but returned {verdict!r}")
        return verdict

    def _refused(self, refusal: AnswerRefused) -> None:
        # A conflict says that it was decided otherwise. After any other refusal the request is still open.
        if refusal.error.status == _CONFLICT:
            self._resolved.add(refusal.request["metadata"]["request_id"])
        if self._on_answer_refused is None:
            self._report(refusal.error)
        tell(self._on_answer_refused, refusal, self._report)
