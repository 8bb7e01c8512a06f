"""Sessions of visitors who have left, kept for a while in case their connection was only broken, and then ended.

Streamlit 1.67 keeps them as well, but drops them without ending them: what each holds of the system (an event loop with its poll
and two sockets), and what it had uploaded, stays until the server ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from streamlit.runtime import Runtime
from streamlit.runtime.session_manager import SessionInfo, SessionStorage


class ParkedSessions(SessionStorage):
    """Streamlit's store of disconnected sessions; each is ended `seconds` after its visitor left, unless it came back.

    Thread contract: Streamlit calls all but `end_overdue` under its own lock; `end_overdue` belongs to the server's event loop.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._parked: dict[str, tuple[float, SessionInfo]] = {}

    def save(self, session_info: SessionInfo) -> None:
        """Keep this session from now on."""
        self._parked[session_info.session.id] = self._clock() + self._seconds, session_info

    def get(self, session_id: str) -> SessionInfo | None:
        """The session, if its time is not over."""
        until, info = self._parked.get(session_id, (0.0, None))
        return info if self._clock() < until else None

    def delete(self, session_id: str) -> None:
        """Its visitor is back, or it was ended elsewhere."""
        self._parked.pop(session_id, None)

    def list(self) -> list[SessionInfo]:
        """All that are kept."""
        return [info for _, info in self._parked.values()]

    def end_overdue(self) -> None:
        """End those whose time is over."""
        now = self._clock()
        for session_id, (until, info) in tuple(self._parked.items()):
            if until <= now:
                del self._parked[session_id]
                info.session.shutdown()


def park_sessions(runtime: Runtime, seconds: float) -> ParkedSessions:
    """Have this server keep disconnected sessions so. Before the first visitor comes."""
    parked = ParkedSessions(seconds)
    runtime._session_mgr._session_storage = parked  # type: ignore[attr-defined]
    return parked
