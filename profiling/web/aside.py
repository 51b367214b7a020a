"""Pictures drawn in a process of their own, so that whoever asks for a page does not wait for somebody's workbook.

Drawing takes a few tenths of a second and lets no other thread of its process go on. A process per picture costs a
tenth of that, ends with the picture, and cannot be left behind when the tool is stopped.
"""

from __future__ import annotations

import subprocess
import sys
from threading import Semaphore

from profiling.reporting.document import Svg
from profiling.reporting.pictures import to_text

AT_ONCE = 2
SECONDS = 60
_COMMAND = "from profiling.reporting.pictures import draw_input; draw_input()"
_room = Semaphore(AT_ONCE)


def png(svg: Svg) -> bytes:
    """A picture in dots, as `reporting.pictures.png` draws it.

    Raises
    ------
    subprocess.SubprocessError
        When it could not be drawn, or took longer than a minute.
    """
    with _room:
        # -P: whatever lies in the folder where the tool was started is not ours to run.
        done = subprocess.run(
            [sys.executable, "-P", "-c", _COMMAND],
            input=to_text(svg).encode(),
            stdout=subprocess.PIPE,
            timeout=SECONDS,
            check=True,
        )
    return done.stdout
