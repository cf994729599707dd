"""A taker on the Python client: it locks every new order, keeps and fills one, unlocks one first, gives three up, and so on."""

import itertools
import os
import time

from lockstep import LockstepError, Taker, Verdict, terms_of

# How long it waits before it starts anew after its session was refused, as a process manager would.
RESTART_S = 1

taker = Taker(
    url=os.environ["LOCKSTEP_URL"],
    api_key=os.environ["LOCKSTEP_API_KEY"],
    api_secret=os.environ["LOCKSTEP_SIGNING_SECRET"],
    address=os.environ["LOCKSTEP_TAKER_ADDRESS"],
)
turns = itertools.count()


def lock(change):
    if change["from_status"] is None:
        taker.lock(change["order_hash"])


def decide(request):
    turn = next(turns) % 5
    if turn == 0:
        return Verdict(False, "Already trading")
    if turn == 1:
        taker.unlock(request["order_hash"])
    return Verdict(True, "Not traded yet")


def go_on(answered):
    if answered.verdict.cancel:
        return
    order = taker.order(answered.request["order_hash"])
    trade = {"fill_quantity": order["quantity"], "taker_incentive": "0"}
    taker.fill(order=terms_of(order), signature=order["signature"], **trade)


def read_lists(_):
    for order in taker.available_orders():
        taker.lock(order["order_hash"])


while True:
    try:
        session = taker.listen(
            on_order_status_change=lock,
            on_cancellation_request=decide,
            on_answered=go_on,
            on_resync=read_lists,
        )
        session.wait_ended()
    except (LockstepError, OSError):
        time.sleep(RESTART_S)
