"""How the functions of this room become machine code, and where that is kept.

numba keeps what it compiled in a cache, and notices a change of the file a function stands in, not of the files whose
functions it calls. So the cache lies in a folder named after the sources of the whole room: whatever changes there is
compiled anew. Where no folder can be written, each process compiles for itself.
"""

import os
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Options that numba's own types do not know.
_WITHOUT_WAYS_IN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_HERE = Path(__file__).resolve().parent


def entry(function: _Function) -> _Function:
    """Machine code that Python calls, and that runs beside other threads.

    Without fast-math: a replay has to give the same bytes, and NaN and infinity have to keep their meaning.
    """
    return cast(_Function, numba.njit(nogil=True, cache=_CACHE is not None, error_model="numpy")(function))


def compiled(function: _Function) -> _Function:
    """Machine code that only compiled code calls: without a way in from Python it compiles in half the time.

    A call from Python ends the process.
    """
    inner = numba.njit(nogil=True, error_model="numpy", **_WITHOUT_WAYS_IN)
    return cast(_Function, inner(function))


def _cache_folder() -> Path | None:
    """NUMBA_CACHE_DIR where it is set, else beside the sources, else a temporary one; None if none can be written."""
    digest = blake2b(digest_size=8)
    for source in sorted(_HERE.glob("*.py")):
        digest.update(source.read_bytes())
    given = [Path(os.environ["NUMBA_CACHE_DIR"])] if os.environ.get("NUMBA_CACHE_DIR") else []
    folders = (*given, _HERE / "__pycache__", Path(tempfile.gettempdir()) / f"vitrine-{os.getuid()}")
    return next(filter(_can_be_written, (folder / digest.hexdigest() for folder in folders)), None)


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


_CACHE = _cache_folder()
if _CACHE is not None:
    numba.config.CACHE_DIR = str(_CACHE)  # type: ignore[attr-defined] # it is made when numba is imported
