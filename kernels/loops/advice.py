"""The fastest strategy as a few lines of the standard library, to be pasted."""

from __future__ import annotations

import textwrap

from kernels.comparing.plan import Configuration
from kernels.contract.parts import PARTS_PER_WORKER
from kernels.loops.loop import Loop
from kernels.loops.naming import Names, of_function

# Those that can be had in a few lines, from the simplest on.
SIMPLEST = ("serial", "threaded", "pool", "futures", "interpreters", "joblib", "shared")
LONG_SECONDS = 1e-3  # an item that takes longer may be handed out by itself
SAME = 1.05  # times that differ by less are not worth more code


def can_be_told(strategy: str) -> bool:
    """Whether there is code for it."""
    return strategy in SIMPLEST


def program(loop: Loop, configuration: Configuration, names: Names, start_method: str, seconds_per_item: float) -> str:
    """The program; it leaves the answers in `answers`."""
    writer = _Writer(loop, configuration, names, start_method, seconds_per_item)
    write = getattr(writer, configuration.strategy)
    return str(write()).strip() + "\n"


class _Writer:
    def __init__(
        self, loop: Loop, configuration: Configuration, names: Names, start_method: str, seconds_per_item: float
    ) -> None:
        self.loop, self.names, self.method = loop, names, start_method
        self.workers, self.chunk = configuration.workers or 1, configuration.chunk or loop.chunk
        self.long = seconds_per_item > LONG_SECONDS
        self.f = names.function.called
        self.reduce = None if loop.reduce in (None, sum) else of_function(loop.reduce, what="reduce")

    # Expressions.

    def of(self, items: str) -> str:
        """The answers of some items, or what they are reduced to."""
        if self.loop.vectorized:
            return f"{self.f}({items})"
        if self.loop.reduce is not None:
            return self.reduced(f"map({self.f}, {items})")
        return f"[{self.f}(item) for item in {items}]"

    def reduced(self, answers: str) -> str:
        return f"functools.reduce({self.reduce.called}, {answers})" if self.reduce else f"sum({answers})"

    def joined(self, parts: str) -> str:
        if self.loop.reduce is not None:
            return self.reduced(parts)
        if self.loop.vectorized:
            return f"np.concatenate(list({parts}))"
        return f"[answer for part in {parts} for answer in part]"

    @property
    def step(self) -> str:
        return str(self.chunk) if self.chunk else f"-(-len(items) // {PARTS_PER_WORKER * self.workers})"

    def chunks(self) -> str:
        return f"step = {self.step}\nchunks = [items[lo : lo + step] for lo in range(0, len(items), step)]\n"

    # Programs.

    def written(self, imports: str, body: str, definitions: str = "", guarded: bool = True) -> str:
        imports = "\n".join(sorted(imports.split("\n")))
        if self.reduce:
            imports = f"import functools\n{imports}\n{self.reduce.lines}"
        items = self.names.items
        if self.loop.vectorized and not items.startswith("#"):
            items += "\nitems = np.asarray(items)"
        if "np." in items + body + definitions:
            imports += "\n\nimport numpy as np"
        head = "\n\n".join(each for each in (imports.strip(), self.names.function.lines, definitions.strip()) if each)
        body = "\n".join(each for each in (items, body.strip()) if each)
        if guarded:
            body = 'if __name__ == "__main__":\n' + textwrap.indent(body, "    ")
        return f"{head}\n\n{body}"

    def serial(self) -> str:
        return self.written("", f"answers = {self.of('items')}", guarded=False)

    def threaded(self) -> str:
        imports = "from concurrent.futures import ThreadPoolExecutor"
        start = f"with ThreadPoolExecutor({self.workers}) as executor:\n"
        if self.long and not self.loop.vectorized:
            mapped = f"executor.map({self.f}, items)"
            answers = f"list({mapped})" if self.loop.reduce is None else self.reduced(mapped)
            return self.written(imports, f"{start}    answers = {answers}", guarded=False)
        mapped = f"executor.map({self.part()}, chunks)"
        return self.written(imports, f"{self.chunks()}{start}    answers = {self.joined(mapped)}", guarded=False)

    def part(self) -> str:
        return self.f if self.loop.vectorized else f"lambda chunk: {self.of('chunk')}"

    def pool(self) -> str:
        start = f'with multiprocessing.get_context("{self.method}").Pool({self.workers}) as pool:\n'
        return self.mapped("import multiprocessing", start, "pool.map", f"chunksize={self.chunk}" if self.chunk else "")

    def futures(self) -> str:
        imports = "from concurrent.futures import ProcessPoolExecutor\nimport multiprocessing"
        start = (
            f'context = multiprocessing.get_context("{self.method}")\n'
            f"with ProcessPoolExecutor({self.workers}, context) as executor:\n"
        )
        return self.mapped(imports, start, "executor.map", f"chunksize={self.step}")

    def interpreters(self) -> str:
        imports = "from concurrent.futures import InterpreterPoolExecutor"
        start = f"with InterpreterPoolExecutor({self.workers}) as executor:\n"
        return self.mapped(imports, start, "executor.map", f"chunksize={self.step}")

    def mapped(self, imports: str, start: str, call: str, chunksize: str) -> str:
        one = ", chunksize=1" if call == "pool.map" else ""
        if self.loop.vectorized:
            body = f"{self.chunks()}{start}    answers = {self.joined(f'{call}({self.f}, chunks{one})')}"
            return self.written(imports, body)
        if self.loop.reduce is not None or hasattr(self.loop.sample, "dtype"):  # rows one by one make larger pickles
            definition = f"def part(chunk):\n    return {self.of('chunk')}\n"
            body = f"{self.chunks()}{start}    answers = {self.joined(f'{call}(part, chunks{one})')}"
            return self.written(imports, body, definition)
        answers = f"{call}({self.f}, items{', ' if chunksize else ''}{chunksize})"
        answers = answers if call == "pool.map" else f"list({answers})"
        return self.written(imports, f"{start}    answers = {answers}")

    def joblib(self) -> str:
        definition = "" if self.loop.vectorized else f"def part(chunk):\n    return {self.of('chunk')}\n"
        part = self.f if self.loop.vectorized else "part"
        call = f"joblib.Parallel({self.workers}, batch_size=1)(joblib.delayed({part})(chunk) for chunk in chunks)"
        body = f"{self.chunks()}parts = {call}\nanswers = {self.joined('parts')}"
        return self.written("import joblib", body, definition)

    def shared(self) -> str:
        array, row = hasattr(self.loop.sample, "dtype"), self.loop.row
        if not array and row is None:
            return self.placed()
        definition = (
            f"def place(given, room):\n    global items{', out' if row else ''}\n"
            f"    items = {'view(*given)' if array else 'given'}\n"
            + ("    out = view(*room)\n" if row else "")
            + "\n\ndef view(memory, shape, dtype):\n"
            "    return np.frombuffer(memory, dtype).reshape(shape)\n\n\n"
            "def part(lo, hi):\n" + self.part_of_shared(bool(row))
        )
        lines = [f'context = multiprocessing.get_context("{self.method}")']
        if array:
            lines += [
                'memory = context.RawArray("b", items.nbytes), items.shape, items.dtype.str',
                "view(*memory)[...] = items",
            ]
        if row:
            shape, dtype = row
            lines += [
                f"shape = (len(items), {''.join(f'{length}, ' for length in shape)})".replace(", )", ",)"),
                f'room = context.RawArray("b", np.dtype("{dtype}").itemsize * math.prod(shape)), shape, "{dtype}"',
            ]
        given = f"[{'memory' if array else 'items'}, {'room' if row else 'None'}]"
        lines += [
            f"step = {self.step}",
            "spans = [(lo, min(lo + step, len(items))) for lo in range(0, len(items), step)]",
            f"with context.Pool({self.workers}, place, {given}) as pool:",
            f"    {'' if row else 'parts = '}pool.starmap(part, spans, chunksize=1)",
            "answers = view(*room)" if row else f"answers = {self.joined('parts')}",
        ]
        imports = "import multiprocessing" + ("\nimport math" if row else "")
        return self.written(imports, "\n".join(lines), definition)

    def part_of_shared(self, row: bool) -> str:
        if not row:
            return f"    return {self.of('items[lo:hi]')}\n"
        if self.loop.vectorized:
            return f"    out[lo:hi] = {self.f}(items[lo:hi])\n"
        return f"    for i in range(lo, hi):\n        out[i] = {self.f}(items[i])\n"

    def placed(self) -> str:
        """Without an array: the items go to each worker once, as its initializer's argument."""
        definition = (
            "def place(given):\n    global items\n    items = given\n\n\n"
            f"def part(lo, hi):\n    return {self.of('items[lo:hi]')}\n"
        )
        body = (
            f"step = {self.step}\n"
            "spans = [(lo, lo + step) for lo in range(0, len(items), step)]\n"
            f'with multiprocessing.get_context("{self.method}").Pool({self.workers}, place, [items]) as pool:\n'
            f"    answers = {self.joined('pool.starmap(part, spans, chunksize=1)')}"
        )
        return self.written("import multiprocessing", body, definition)
