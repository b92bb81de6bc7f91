"""`donebook serve`, watched: writes a line for each time that its event loop stood still, and what it did meanwhile.

What counts is the processor time that the loop's thread took without coming round: a machine that is busy with other
things does not matter.
"""

import asyncio
import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType

LIMIT = 0.25  # s of processor time
LOOK = 0.02  # s between two looks


class Watchdog(threading.Thread):
    """Has the loop come round again and again, and looks at how much processor time its thread took meanwhile."""

    def __init__(self, output: Path) -> None:
        super().__init__(daemon=True, name="watchdog")
        self.output = output
        self.loop = asyncio.get_running_loop()
        self.watched = threading.get_ident()
        self.clock = time.pthread_getcpuclockid(self.watched)
        self.round = threading.Event()

    def run(self) -> None:
        """Look until the process ends."""
        while not self.loop.is_closed():
            self.round.clear()
            began = time.clock_gettime(self.clock)
            try:
                self.loop.call_soon_threadsafe(self.round.set)
            except RuntimeError:  # the loop was closed just now
                return
            worst: FrameType | None = None
            while not self.round.wait(LOOK):
                if worst is None and time.clock_gettime(self.clock) - began > LIMIT:
                    worst = sys._current_frames().get(self.watched)
            took = time.clock_gettime(self.clock) - began
            if took > LIMIT:
                stack = [] if worst is None else traceback.format_stack(worst)
                with self.output.open("a") as output:
                    output.write(json.dumps({"seconds": round(took, 3), "stack": stack}) + "\n")
            time.sleep(LOOK)


def main() -> None:
    """Serve, with the watchdog beside."""
    from donebook import cli, server

    class Watched(server.Server):
        """Begins to be watched when it is about to take requests."""

        async def main_loop(self) -> None:
            Watchdog(Path(os.environ["WATCHDOG"])).start()
            await super().main_loop()

    server.Server = Watched  # type: ignore[misc]
    cli.main()


if __name__ == "__main__":
    main()
