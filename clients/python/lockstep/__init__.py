"""Takers of Lockstep: signed calls, and a session that answers cancellation requests through bad networks."""

from .cancellation_answers import Answered, AnswerRefused, Verdict
from .lockstep_error import LockstepError, is_final
from .messages import (
    CancellationRequest,
    EventMessage,
    OrderBookChange,
    OrderStatusChange,
    Resync,
    terms_of,
)
from .request_signer import RequestSigner
from .session import AsyncSession
from .taker import AsyncTaker
from .plain import Session, Taker

__all__ = [
    "Answered",
    "AnswerRefused",
    "AsyncSession",
    "AsyncTaker",
    "CancellationRequest",
    "EventMessage",
    "LockstepError",
    "OrderBookChange",
    "OrderStatusChange",
    "RequestSigner",
    "Resync",
    "Session",
    "Taker",
    "Verdict",
    "is_final",
    "terms_of",
]
