"""A taker for programs without asyncio: each call waits for its answer."""

import asyncio
import threading
from concurrent.futures import Future
from functools import lru_cache
from typing import Any, Callable, Coroutine, List, Optional, Sequence, TypeVar

from .api import Query
from .cancellation_answers import Answered, AnswerRefused, Verdict
from .listeners import Listener
from .messages import CancellationRequest, EventMessage, Json, OrderBookChange, OrderStatusChange, Resync
from .session import AsyncSession
from .taker import WATCHED, AsyncTaker

T = TypeVar("T")
R = TypeVar("R")


@lru_cache(maxsize=None)
def _loop() -> asyncio.AbstractEventLoop:
    """Runs in a thread of its own, which ends with the program."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="lockstep", daemon=True).start()
    return loop


def _run(work: Coroutine[Any, Any, T]) -> T:
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return future.result()
    finally:
        future.cancel()  # where an interruption ended the wait


def _in_thread(function: Callable[[T], R]) -> "Callable[[T], asyncio.Future[R]]":
    """Calls may wait as long as they like, for calls of this taker, too: each has a thread of its own."""

    def start(data: T) -> "asyncio.Future[R]":
        future: "Future[R]" = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                future.set_result(function(data))
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=run, name="lockstep listener", daemon=True).start()
        return asyncio.wrap_future(future)

    return start


class _Turns:
    """A session's listeners are told one thing after the other, in order."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    def of_any(self, listener: Optional[Listener[T]]) -> Optional[Listener[T]]:
        return None if listener is None else self.of(listener)

    def of(self, listener: Listener[T]) -> Listener[T]:
        start = _in_thread(listener)

        async def tell(data: T) -> None:
            async with self._lock:
                await start(data)

        return tell


class Session:
    """An open line to the service, kept up until it is closed or refused; a context manager that closes it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @property
    def last_id(self) -> Optional[str]:
        """The id of the last message, to go on with `after` in another session."""
        return self._session.last_id

    def wait_ended(self) -> None:
        """Waits until the session is over: returns after a close, raises the refusal that ended it."""
        _run(self._session.wait_ended())

    def close(self) -> None:
        """Stops listening, finishes what is under way, and waits for the end."""
        _run(self._session.close())

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Taker:
    """The calls of AsyncTaker, and its session. Listeners are plain functions: each decision on a cancellation request has a
    thread of its own, and whatever else is told comes one after the other."""

    def __init__(self, *, url: str, api_key: str, address: str, api_secret: Optional[str] = None) -> None:
        """With `api_secret` every request is signed. `address` locks orders, unless a call says otherwise."""
        self._taker = AsyncTaker(url=url, api_key=api_key, address=address, api_secret=api_secret)

    def call(self, method: str, path: str, *, query: Optional[Query] = None, body: Any = None) -> Any:
        return _run(self._taker.call(method, path, query=query, body=body))

    def validate(self, *, order: Json, signature: str) -> Json:
        return _run(self._taker.validate(order=order, signature=signature))

    def lock(self, order_hash: str, **more: Any) -> Json:
        return _run(self._taker.lock(order_hash, **more))

    def unlock(self, order_hash: str) -> Json:
        return _run(self._taker.unlock(order_hash))

    def fill(self, *, order: Json, signature: str, fill_quantity: str, taker_incentive: str, **more: Any) -> Json:
        fill = {"fill_quantity": fill_quantity, "taker_incentive": taker_incentive, **more}
        return _run(self._taker.fill(order=order, signature=signature, **fill))

    def reject(self, order_hash: str, reason: str) -> Json:
        return _run(self._taker.reject(order_hash, reason))

    def answer_cancellation(self, order_hash: str, verdict: Verdict, request_id: Optional[str] = None) -> Json:
        return _run(self._taker.answer_cancellation(order_hash, verdict, request_id))

    def available_orders(self) -> List[Json]:
        return _run(self._taker.available_orders())

    def orders(self, **query: Any) -> Json:
        return _run(self._taker.orders(**query))

    def order(self, order_hash: str) -> Json:
        return _run(self._taker.order(order_hash))

    def history(self, order_hash: str, **query: Any) -> Json:
        return _run(self._taker.history(order_hash, **query))

    def events(self, **query: Any) -> Json:
        return _run(self._taker.events(**query))

    def fills(self, **query: Any) -> Json:
        return _run(self._taker.fills(**query))

    def cancellation_requests(self, **query: Any) -> Json:
        return _run(self._taker.cancellation_requests(**query))

    def listen(
        self,
        *,
        on_cancellation_request: Callable[[CancellationRequest], Verdict],
        on_order_status_change: Optional[Listener[OrderStatusChange]] = None,
        on_order_book_change: Optional[Listener[OrderBookChange]] = None,
        on_answered: Optional[Listener[Answered]] = None,
        on_answer_refused: Optional[Listener[AnswerRefused]] = None,
        on_resync: Optional[Listener[Resync]] = None,
        on_problem: Optional[Listener[BaseException]] = None,
        after: Optional[str] = None,
    ) -> Session:
        async def open() -> AsyncSession:
            turns = _Turns()
            return await self._taker.listen(
                on_cancellation_request=_in_thread(on_cancellation_request),
                on_order_status_change=turns.of_any(on_order_status_change),
                on_order_book_change=turns.of_any(on_order_book_change),
                on_answered=turns.of_any(on_answered),
                on_answer_refused=turns.of_any(on_answer_refused),
                on_resync=turns.of_any(on_resync),
                on_problem=turns.of_any(on_problem),
                after=after,
            )

        return Session(_run(open()))

    def watch(
        self,
        *,
        on_message: Listener[EventMessage],
        types: Sequence[str] = WATCHED,
        on_resync: Optional[Listener[Resync]] = None,
        on_problem: Optional[Listener[BaseException]] = None,
        after: Optional[str] = None,
    ) -> Session:
        async def open() -> AsyncSession:
            turns = _Turns()
            return await self._taker.watch(
                on_message=turns.of(on_message),
                types=types,
                on_resync=turns.of_any(on_resync),
                on_problem=turns.of_any(on_problem),
                after=after,
            )

        return Session(_run(open()))
