"""Draw how each strategy's team runs: ``python -m tools.diagrams`` writes docs/explanation/teams/*.svg.

A picture is made of processes, the threads in them, memory, and arrows. Each has its own light background, so that it
can be read on a dark page too.
"""

from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "teams"
WIDTH = 720
STYLE = """
text { font: 14px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1d2733 }
.small { font-size: 12px } .name { font-weight: 600 }
.page { fill: #ffffff } .process { fill: #eaf2fb; stroke: #1f5f99; stroke-width: 1.5 }
.thread { fill: #ffffff; stroke: #1f5f99; stroke-dasharray: 5 3 } .memory { fill: #fdeecb; stroke: #a66a00 }
.arrow { stroke: #1d2733; stroke-width: 1.5; fill: none; marker-end: url(#head) } .both { marker-start: url(#head) }
.map { stroke: #a66a00; stroke-width: 1.5; stroke-dasharray: 2 3; fill: none }
"""


class Drawing:
    """One picture of a height: boxes by their left upper corner and size, arrows by their ends."""

    def __init__(self, title: str, height: int) -> None:
        self._height = height
        self._parts = [f"<title>{escape(title)}</title>"]

    def process(self, x: int, y: int, width: int, height: int, name: str) -> None:
        """A process, with its name at its upper edge."""
        self._box("process", x, y, width, height)
        self._text(x + 10, y + 20, name, "name")

    def thread(self, x: int, y: int, width: int, *lines: str) -> None:
        """A thread, or an interpreter."""
        self._filled("thread", x, y, width, lines)

    def memory(self, x: int, y: int, width: int, *lines: str) -> None:
        """Something that lies in memory."""
        self._filled("memory", x, y, width, lines)

    def arrow(
        self,
        ends: tuple[int, int, int, int],
        label: str = "",
        *,
        below: bool = False,
        both: bool = False,
        middle: int = 0,
    ) -> None:
        """What is sent from one end to the other, or both ways; `middle` is of the label."""
        x1, y1, x2, y2 = ends
        self._parts.append(f'<path class="arrow{" both" if both else ""}" d="M{x1} {y1}L{x2} {y2}"/>')
        if label:
            y = (y1 + y2) // 2 + (17 if below else -7)
            self._text(middle or (x1 + x2) // 2, y, label, "small", anchor="middle")

    def mapped(self, *points: tuple[int, int]) -> None:
        """A line to memory that is mapped, and so neither sent nor copied."""
        path = "L".join(f"{x} {y}" for x, y in points)
        self._parts.append(f'<path class="map" d="M{path}"/>')

    def note(self, x: int, y: int, text: str) -> None:
        """A remark."""
        self._text(x, y, text, "small")

    def svg(self) -> str:
        """The picture as the text of a file."""
        head = (
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#1d2733"/></marker></defs>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self._height}" width="{WIDTH}" '
            f'height="{self._height}" role="img"><style>{STYLE}</style>{head}\n'
            f'<rect class="page" width="{WIDTH}" height="{self._height}" rx="6"/>\n'
            + "\n".join(self._parts)
            + "\n</svg>\n"
        )

    def _filled(self, kind: str, x: int, y: int, width: int, lines: tuple[str, ...]) -> None:
        self._box(kind, x, y, width, 14 + 18 * len(lines))
        for number, line in enumerate(lines):
            self._text(x + width // 2, y + 20 + 18 * number, line, "small", anchor="middle")

    def _box(self, kind: str, x: int, y: int, width: int, height: int) -> None:
        self._parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="5"/>')

    def _text(self, x: int, y: int, text: str, kind: str, anchor: str = "start") -> None:
        self._parts.append(f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>')


def serial() -> Drawing:
    drawing = Drawing("serial: one call in the calling thread", 130)
    drawing.process(20, 20, 680, 90, "your process")
    drawing.thread(40, 52, 220, "calling thread: solve(problem)")
    drawing.memory(470, 52, 100, "problem")
    drawing.memory(585, 52, 100, "answer")
    drawing.arrow((262, 68, 466, 68), "reads, writes", both=True)
    return drawing


def threaded() -> Drawing:
    drawing = Drawing("threaded: threads that see the same objects", 200)
    drawing.process(20, 20, 680, 160, "your process")
    drawing.thread(40, 82, 130, "calling thread")
    drawing.thread(290, 52, 130, "thread 1")
    drawing.thread(290, 122, 130, "thread 2")
    drawing.arrow((172, 90, 286, 70), "(lo, hi)")
    drawing.arrow((172, 106, 286, 136), "(lo, hi)", below=True)
    drawing.memory(560, 62, 120, "problem")
    drawing.memory(560, 112, 120, "answer")
    drawing.arrow((422, 68, 556, 78), "read", both=True)
    drawing.arrow((422, 138, 556, 130), "write in place", below=True)
    return drawing


def pool() -> Drawing:
    drawing = Drawing("pool: parts and answers travel through two pipes as pickles", 240)
    drawing.process(20, 20, 250, 200, "your process")
    drawing.memory(40, 52, 90, "problem")
    drawing.memory(40, 160, 90, "answer")
    drawing.thread(150, 52, 105, "pickles parts")
    drawing.thread(150, 150, 105, "thread that", "unpickles")
    _workers(drawing, "worker")
    drawing.arrow((258, 68, 446, 68), "pipe: pickled parts")
    drawing.arrow((446, 172, 260, 172), "pipe: pickled answers", below=True)
    drawing.arrow((132, 68, 148, 68))
    drawing.arrow((148, 176, 132, 176))
    return drawing


def process() -> Drawing:
    drawing = Drawing("process: processes that are started and ended in each run", 240)
    drawing.process(20, 20, 250, 200, "your process")
    drawing.memory(40, 52, 90, "problem")
    drawing.memory(40, 160, 90, "answer")
    _workers(drawing, "process")
    drawing.arrow((132, 68, 446, 68), "started, with its part", middle=360)
    drawing.arrow((446, 176, 132, 176), "Queue: pickled answers", below=True, middle=360)
    drawing.note(284, 112, "each run starts one for")
    drawing.note(284, 130, "each worker, and ends it")
    return drawing


def shared() -> Drawing:
    drawing = Drawing("shared: arrays lie in memory that all processes map, and a task is two numbers", 290)
    drawing.process(20, 20, 250, 150, "your process")
    drawing.thread(40, 46, 130, "calling thread", "cuts (lo, hi),", "waits, and", "reads the answer")
    drawing.process(450, 20, 250, 68, "worker 1")
    drawing.process(450, 102, 250, 68, "worker 2")
    drawing.thread(560, 38, 125, "solve(part, out)")
    drawing.thread(560, 120, 125, "solve(part, out)")
    drawing.arrow((172, 60, 446, 60), "pipe: (lo, hi)", middle=360)
    drawing.arrow((446, 124, 172, 124), "pipe: done", below=True, middle=360)
    drawing.memory(
        150, 220, 420, "mp.Array: the problem's arrays, and the answer", "copied there once, when the team opens"
    )
    drawing.mapped((145, 170), (220, 219))
    drawing.mapped((560, 88), (560, 102))
    drawing.mapped((560, 170), (500, 219))
    drawing.note(20, 200, "mapped, not copied:")
    return drawing


def joblib() -> Drawing:
    drawing = Drawing("joblib: as a pool, and large arrays in files that workers map", 290)
    drawing.process(20, 20, 250, 150, "your process")
    drawing.memory(40, 52, 90, "problem")
    drawing.memory(40, 120, 90, "answer")
    _workers(drawing, "loky worker", height=150)
    drawing.arrow((132, 68, 446, 68), "pipe: pickled parts", middle=360)
    drawing.arrow((446, 136, 132, 136), "pipe: pickled answers", below=True, middle=360)
    drawing.memory(
        150, 220, 420, "files in /dev/shm: the large arrays of a part", "written by you in each run, mapped by workers"
    )
    drawing.mapped((145, 170), (220, 219))
    drawing.mapped((560, 170), (500, 219))
    return drawing


def interpreters() -> Drawing:
    drawing = Drawing("interpreters: threads with an interpreter and a GIL each, in one process", 220)
    drawing.process(20, 20, 680, 180, "your process")
    drawing.memory(40, 52, 90, "problem")
    drawing.memory(40, 140, 90, "answer")
    drawing.thread(450, 42, 235, "interpreter 1, with its own GIL", "its part, its answer")
    drawing.thread(450, 122, 235, "interpreter 2, with its own GIL", "its part, its answer")
    drawing.arrow((132, 66, 446, 66), "pickled parts")
    drawing.arrow((446, 152, 132, 152), "pickled answers", below=True)
    drawing.note(230, 112, "one address space, but no common objects")
    return drawing


def asyncio() -> Drawing:
    drawing = Drawing("asyncio: one thread, one event loop, as many tasks in progress as there are workers", 220)
    drawing.process(20, 20, 420, 180, "your process")
    drawing.thread(40, 52, 380, "one thread: the event loop")
    drawing.thread(60, 112, 105, "task 1: waits")
    drawing.thread(180, 112, 105, "task 2: waits")
    drawing.thread(300, 112, 105, "task 3: runs")
    for x in (112, 232, 352):
        drawing.arrow((x, 86, x, 108))
    drawing.process(540, 72, 160, 96, "a server, a clock")
    drawing.arrow((422, 128, 536, 128), "sockets", both=True)
    drawing.note(60, 176, "the same objects for all tasks: nothing is sent")
    return drawing


def mpi() -> Drawing:
    drawing = Drawing("mpi: ranks that hold their shares, and exchange messages", 300)
    drawing.process(20, 20, 170, 130, "your process")
    drawing.thread(35, 60, 130, "calling thread")
    drawing.process(330, 20, 150, 130, "rank 0")
    drawing.process(550, 20, 150, 130, "rank 1")
    drawing.memory(345, 60, 120, "its share")
    drawing.memory(565, 60, 120, "its share")
    drawing.arrow((167, 70, 326, 70), "socket: run")
    drawing.arrow((326, 92, 167, 92), "done", below=True)
    drawing.arrow((482, 76, 546, 76), "halos", both=True)
    drawing.arrow((546, 122, 482, 122), "gather", below=True)
    drawing.memory(
        20,
        220,
        460,
        "memory of this host: the answer, and arrays that all ranks read",
        "placed once, when the team opens",
    )
    drawing.mapped((105, 150), (105, 219))
    drawing.mapped((405, 150), (405, 219))
    drawing.note(505, 236, "on other hosts a rank has")
    drawing.note(505, 254, "its own: see Beyond one machine")
    return drawing


def dask() -> Drawing:
    drawing = Drawing("dask: parts are scattered once, and a task goes to where its part is", 240)
    drawing.process(20, 20, 250, 200, "your process")
    drawing.memory(40, 52, 90, "problem")
    drawing.memory(40, 160, 90, "answer")
    drawing.thread(140, 52, 118, "scheduler:", "an event loop")
    _workers(drawing, "worker", held="parts, kept")
    drawing.arrow((260, 66, 446, 66), "socket: tasks", middle=360)
    drawing.arrow((446, 176, 132, 176), "socket: pickled answers", below=True, middle=360)
    drawing.note(284, 112, "parts are sent once,")
    drawing.note(284, 130, "when the team opens")
    return drawing


def ray() -> Drawing:
    drawing = Drawing("ray: the problem lies in an object store, and a task is two numbers", 300)
    drawing.process(20, 20, 250, 150, "your process")
    drawing.thread(40, 46, 130, "calling thread", "cuts (lo, hi),", "waits, and", "reads answers")
    drawing.process(450, 20, 250, 68, "actor 1")
    drawing.process(450, 102, 250, 68, "actor 2")
    drawing.thread(560, 38, 125, "solve(part)")
    drawing.thread(560, 120, 125, "solve(part)")
    drawing.arrow((172, 60, 446, 60), "socket: (lo, hi)", middle=360)
    drawing.arrow((446, 124, 172, 124), "socket: done", below=True, middle=360)
    drawing.memory(
        20, 222, 430, "object store: the problem, put there once; large answers", "arrays are mapped, not copied"
    )
    drawing.process(500, 212, 200, 68, "Ray's own processes")
    drawing.note(510, 260, "raylet, GCS and others")
    drawing.mapped((145, 170), (180, 221))
    drawing.mapped((560, 88), (560, 102))
    drawing.mapped((480, 170), (400, 221))
    return drawing


def _workers(drawing: Drawing, name: str, height: int = 200, held: str = "its part") -> None:
    """Two worker processes at the right, each with a part and an answer."""
    own = (height - 12) // 2
    for number in range(2):
        y = 20 + number * (own + 12)
        drawing.process(450, y, 250, own, f"{name} {number + 1}")
        drawing.memory(462, y + own - 40, 108, held)
        drawing.memory(582, y + own - 40, 108, "its answer")


DRAWINGS = (serial, threaded, pool, process, shared, joblib, interpreters, asyncio, mpi, dask, ray)


def files() -> dict[Path, str]:
    """What each file has to hold."""
    return {FOLDER / f"{draw.__name__}.svg": draw().svg() for draw in DRAWINGS}


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
