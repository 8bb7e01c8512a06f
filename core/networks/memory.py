"""How much memory this machine has."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says how much a container may use, in its newer and its older form."""


def machine_memory(limits: tuple[Path, ...] = CONTAINER_LIMITS) -> int:
    """Bytes of memory there are for this process: the machine's, or fewer in a container that has a limit."""
    memory = int(psutil.virtual_memory().total)
    for path in limits:
        # No such file outside a container, and the word "max" where there is no limit.
        with suppress(OSError, ValueError):
            memory = min(memory, int(path.read_text(encoding="ascii")))
    return memory
