"""The service's time as far as signatures need it: this machine's, corrected where the service has refused that."""

import time

from .lockstep_error import LockstepError

# How the service refuses what was signed too long ago or too far ahead.
_TIMESTAMP_EXPIRED = "Timestamp expired"
# A machine's clock may show another time zone's time. No other Date is believed: what is signed for it would be good then.
_MAX_OFFSET_S = 24 * 3600
# Dates are in whole seconds and some time under way; a difference as small as this is not why a timestamp was refused.
_MIN_CORRECTION_S = 60


class ServerClock:
    def __init__(self) -> None:
        # What is added to this machine's time.
        self.offset_s = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.offset_s

    def learn_from(self, error: BaseException, signed_with_s: float) -> bool:
        """Takes the time from a refusal of what was signed with an offset.

        Returns whether it is worth while to sign it again: another call may have corrected the clock since."""
        if not isinstance(error, LockstepError) or error.message != _TIMESTAMP_EXPIRED:
            return False
        if error.answered_at is None:
            return False
        offset_s = error.answered_at - time.time()
        is_new = abs(offset_s - self.offset_s) >= _MIN_CORRECTION_S
        if is_new and abs(offset_s) <= _MAX_OFFSET_S:
            self.offset_s = offset_s
        return self.offset_s != signed_with_s
