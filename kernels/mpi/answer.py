"""The memory of an array answer, which rank 0 and the team's process share."""

from __future__ import annotations

import mmap
import tempfile
from typing import TYPE_CHECKING, Any

from kernels.workers.sharing import require_space

if TYPE_CHECKING:
    import numpy as np


class SharedAnswer:
    """Memory for an array answer like `like`: a file without a name, which `view` is mapped from.

    `described`: what `mapped` has to know of the array. Raises MemoryError where there is no room for it.
    """

    def __init__(self, like: np.ndarray) -> None:
        if like.dtype.hasobject:
            raise ValueError(f"an array that is shared must hold plain values, not {like.dtype}")
        place = require_space(like.nbytes)
        self.described = (like.shape, like.dtype.descr if like.dtype.names else like.dtype.str)
        self.file = tempfile.TemporaryFile(dir=place)  # noqa: SIM115 - close() ends it
        try:
            self.file.truncate(max(1, like.nbytes))
            self.view = mapped(self.file.fileno(), like.shape, like.dtype)
        except BaseException:
            self.file.close()
            raise

    def close(self) -> None:
        """Let go of the file, whose memory stays as long as an array is mapped from it."""
        self.file.close()


def mapped(file: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """The array that fills a file that all who map it share."""
    import numpy as np

    dtype = np.dtype(dtype)
    size = dtype.itemsize * int(np.prod(shape, dtype=object))
    return np.ndarray(shape, dtype, mmap.mmap(file, max(1, size)))
