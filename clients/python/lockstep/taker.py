"""A broker or custodian: locks orders, trades them, and decides when their maker would like to cancel."""

from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence
from urllib.parse import quote

from .api import Api, Query
from .cancellation_answers import Answered, AnswerRefused, CancellationAnswers, Decide, Verdict
from .listeners import Listener, reporter_to, tell
from .messages import CancellationRequest, EventMessage, Json, OrderBookChange, OrderStatusChange, Resync
from .push_connection import PushConnection, PushOptions
from .session import AsyncSession

_SOCKET = "/ws/taker/v1"
Listeners = Dict[str, Callable[[Any], object]]
WATCHED = ("order_status_change", "cancellation_request")


async def _nothing() -> None:
    pass


class AsyncTaker:
    """Each call raises LockstepError when it is refused, and OSError when no answer comes."""

    def __init__(self, *, url: str, api_key: str, address: str, api_secret: Optional[str] = None) -> None:
        """With `api_secret` every request is signed. `address` locks orders, unless a call says otherwise."""
        self._api = Api(url, api_key, api_secret)
        self._address = address

    async def call(self, method: str, path: str, *, query: Optional[Query] = None, body: Any = None) -> Any:
        """Any call of the service's OpenAPI document, with this taker's key; returns the `data` of the answer."""
        return (await self._api.call(method, path, query, body)).data

    async def validate(self, *, order: Json, signature: str) -> Json:
        """Tells what speaks against a signed order; creates nothing."""
        return await self._post("validate", {"order": order, "signature": signature})

    async def lock(self, order_hash: str, **more: Any) -> Json:
        """Locks a pending order to trade it; `lock_duration` and `taker_address` are optional."""
        return await self._post("lock", {"order_hash": order_hash, "taker_address": self._address, **more})

    async def unlock(self, order_hash: str) -> Json:
        """Gives a locked order back."""
        return await self._post("unlock", {"order_hash": order_hash})

    async def fill(self, *, order: Json, signature: str, fill_quantity: str, taker_incentive: str, **more: Any) -> Json:
        """Reports the trade of a locked order; `tx_hash`, `block_number` and `reference_id` are optional."""
        fill = {"fill_quantity": fill_quantity, "taker_incentive": taker_incentive}
        return await self._post("fill", {"order": order, "signature": signature, **fill, **more})

    async def reject(self, order_hash: str, reason: str) -> Json:
        """Turns a locked order down for good."""
        return await self._post("reject", {"order_hash": order_hash, "reason": reason})

    async def answer_cancellation(self, order_hash: str, verdict: Verdict, request_id: Optional[str] = None) -> Json:
        """Answers a cancellation request, once; a session does so by itself, and repeats it as need be."""
        answer = {"cancellation_success": verdict.cancel, "message": verdict.message}
        which = {"order_hash": order_hash, **({"request_id": request_id} if request_id else {})}
        address = verdict.taker_address or self._address
        return await self._post("cancel-result", {**which, "taker_address": address, **answer})

    async def available_orders(self) -> List[Json]:
        """All pending orders, however many pages they fill; a session hears of them as they come."""
        orders: List[Json] = []
        while True:
            query = {"after": orders[-1]["order_hash"] if orders else None}
            page = await self._api.call("GET", "/api/v1/orders/available", query)
            orders += page.data
            if "link" not in page.headers:
                return orders

    async def orders(self, **query: Any) -> Json:
        """Orders that this taker locked or filled, a page at a time."""
        return await self._get("/api/v1/takers/orders", query)

    async def order(self, order_hash: str) -> Json:
        return await self._get(f"/api/v1/takers/orders/{quote(order_hash, safe='')}")

    async def history(self, order_hash: str, **query: Any) -> Json:
        """What this taker was pushed of an order, or would have been."""
        return await self._get(f"/api/v1/takers/orders/{quote(order_hash, safe='')}/events", query)

    async def events(self, **query: Any) -> Json:
        """What a session would hear, a page at a time; each begins after the `last_id` of the one before."""
        return await self._get("/api/v1/takers/events", query)

    async def fills(self, **query: Any) -> Json:
        """This taker's fills, a page at a time."""
        return await self._get("/api/v1/orders/filled", query)

    async def cancellation_requests(self, **query: Any) -> Json:
        """What this taker was asked, a page at a time; a session hears of it as it comes."""
        return await self._get("/api/v1/takers/cancellation-requests", query)

    async def listen(
        self,
        *,
        on_cancellation_request: Decide,
        on_order_status_change: Optional[Listener[OrderStatusChange]] = None,
        on_order_book_change: Optional[Listener[OrderBookChange]] = None,
        on_answered: Optional[Listener[Answered]] = None,
        on_answer_refused: Optional[Listener[AnswerRefused]] = None,
        on_resync: Optional[Listener[Resync]] = None,
        on_problem: Optional[Listener[BaseException]] = None,
        after: Optional[str] = None,
    ) -> AsyncSession:
        """Opens a session: returns when it is connected, raises LockstepError when the service refuses the key."""
        report = reporter_to(on_problem)
        answers = CancellationAnswers(
            on_cancellation_request, self._send_verdict, report, on_answered, on_answer_refused
        )
        listeners: Listeners = {
            "cancellation_request": lambda message: answers.consider(message["data"])
        }
        if on_order_status_change:
            listeners["order_status_change"] = lambda message: tell(on_order_status_change, message["data"], report)
        if on_order_book_change:
            listeners["order_book_change"] = lambda message: tell(on_order_book_change, message["data"], report)
        return await self._open(listeners, on_resync, on_problem, after, answers.finish)

    async def watch(
        self,
        *,
        on_message: Listener[EventMessage],
        types: Sequence[str] = WATCHED,
        on_resync: Optional[Listener[Resync]] = None,
        on_problem: Optional[Listener[BaseException]] = None,
        after: Optional[str] = None,
    ) -> AsyncSession:
        """Opens a session that hears each message as it is pushed, requests again each time, and answers nothing."""
        report = reporter_to(on_problem)
        listeners: Listeners = {type: lambda message: tell(on_message, message, report) for type in types}
        return await self._open(listeners, on_resync, on_problem, after, _nothing)

    async def _open(
        self,
        listeners: Listeners,
        on_resync: Optional[Listener[Resync]],
        on_problem: Optional[Listener[BaseException]],
        after: Optional[str],
        finish: Callable[[], Awaitable[None]],
    ) -> AsyncSession:
        clock = self._api.clock
        signed_with_s = clock.offset_s

        def headers_for(url: str) -> Dict[str, str]:
            nonlocal signed_with_s
            signed_with_s = clock.offset_s
            return self._api.headers_for("GET", url)

        options = PushOptions(
            url=self._api.url,
            path=_SOCKET,
            listeners=listeners,
            headers_for=headers_for,
            is_overcome=lambda problem: clock.learn_from(problem, signed_with_s),
            after=after,
            on_resync=on_resync,
            report=reporter_to(on_problem),
        )
        return AsyncSession(await PushConnection.open(options), options, finish)

    def _send_verdict(self, request: CancellationRequest, verdict: Verdict) -> Awaitable[Json]:
        return self.answer_cancellation(request["order_hash"], verdict, request["metadata"]["request_id"])

    async def _get(self, path: str, query: Optional[Query] = None) -> Json:
        data: Json = await self.call("GET", path, query=query)
        return data

    async def _post(self, verb: str, body: Json) -> Json:
        data: Json = await self.call("POST", f"/api/v1/orders/{verb}", body=body)
        return data
