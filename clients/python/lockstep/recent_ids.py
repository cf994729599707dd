"""What was seen already."""

from typing import Dict

# Far more than a service pushes again.
_CAPACITY = 10_000


class RecentIds:
    """The last ids that were seen."""

    def __init__(self) -> None:
        self._ids: Dict[str, None] = {}

    def __contains__(self, id: str) -> bool:
        return id in self._ids

    def add(self, id: str) -> bool:
        """Returns whether the id is new."""
        if id in self._ids:
            return False
        self._ids[id] = None
        if len(self._ids) > _CAPACITY:
            del self._ids[next(iter(self._ids))]
        return True
