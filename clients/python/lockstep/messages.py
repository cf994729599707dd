"""What the socket pushes, as the service's /asyncapi.json describes it."""

from typing import Any, Dict, Optional, TypedDict

Json = Dict[str, Any]


class OrderStatusChange(TypedDict):
    """An order has a new status. Takers hear of every new order (`from_status` None), else of those that they hold."""

    order_hash: str
    maker: str
    # Who holds the order, or held it until this change.
    taker: Optional[str]
    from_status: Optional[str]
    to_status: str
    # `cause`, `lock_id`, `expires_at` and the like, by kind of change.
    metadata: Json


class OrderBookChange(TypedDict):
    """An order came into the book of pending orders (`to_status` is `pending`), or left it, whoever did it."""

    order_hash: str
    maker: str
    from_status: Optional[str]
    to_status: str


class CancellationMetadata(TypedDict):
    request_id: str
    # Who is asked, and answers.
    taker_address: str
    # ISO 8601.
    expires_at: str
    # `keep_locked`: silence never cancels a live lock.
    on_timeout: str
    # Whether it was pushed before.
    redelivered: bool


class CancellationRequest(TypedDict):
    """A maker asks to cancel an order that the taker holds."""

    order_hash: str
    maker: str
    reason: str
    metadata: CancellationMetadata


class Resync(TypedDict):
    """What happened while no connection was there will not be told; what happens from now on will."""

    # The last id that was heard; None when the connection was lost before there was one.
    after: Optional[str]
    # ISO 8601: what is older is not kept; None when that is not known.
    kept_since: Optional[str]


class EventMessage(TypedDict):
    """What happened to an order or to a cancellation request: a whole message."""

    type: str
    # The same event has the same id, however often it is pushed.
    id: str
    # ISO 8601.
    timestamp: str
    data: Json


_TERMS = (
    "maker",
    "principal",
    "is_buy",
    "ticker",
    "exchange",
    "asset",
    "price",
    "quantity",
    "incentive",
    "deadline",
    "nonce",
)


def terms_of(order: Json) -> Json:
    """What the maker signed of an order, as a fill repeats it."""
    return {name: order[name] for name in _TERMS}
