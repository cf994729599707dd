"""Callbacks of a program."""

import asyncio
import inspect
import logging
from typing import Any, Callable, Optional, Set, TypeVar

T = TypeVar("T")

# Is told something; may be a plain function or a coroutine function. What it raises is a problem, and stops nothing.
Listener = Callable[[T], object]
Report = Callable[[BaseException], None]

_log = logging.getLogger("lockstep")
# The event loop itself keeps no task alive.
_under_way: "Set[asyncio.Task[None]]" = set()


async def call(listener: Listener[T], data: T) -> Any:
    result = listener(data)
    return await result if inspect.isawaitable(result) else result


def tell(listener: Optional[Listener[T]], data: T, report: Report) -> None:
    """Calls a listener, and does not wait for it."""
    if listener is None:
        return
    task = asyncio.ensure_future(_call_and_report(listener, data, report))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


async def _call_and_report(listener: Listener[T], data: T, report: Report) -> None:
    try:
        await call(listener, data)
    except Exception as error:
        report(error)


def reporter_to(on_problem: Optional[Listener[BaseException]]) -> Report:
    """Logs problems where nobody is told of them."""
    if on_problem is None:
        return _log_problem
    return lambda problem: tell(on_problem, problem, _log_problem)


def _log_problem(problem: BaseException) -> None:
    _log.warning("%s: %s", type(problem).__name__, problem)
