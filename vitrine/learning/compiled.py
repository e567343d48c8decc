"""How the functions of this room become machine code, and where that is kept.

numba keeps what it compiled in a cache, and notices a change of the file a function stands in, not of the files whose
functions it calls. So the cache lies in a folder named after the sources of the whole room: whatever changes there is
compiled anew.
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
    return cast(_Function, numba.njit(nogil=True, cache=True, error_model="numpy")(function))


def compiled(function: _Function) -> _Function:
    """Machine code that only compiled code calls: without a way in from Python it compiles in half the time.

    A call from Python ends the process.
    """
    inner = numba.njit(nogil=True, error_model="numpy", **_WITHOUT_WAYS_IN)
    return cast(_Function, inner(function))


def _cache_folder() -> Path:
    """NUMBA_CACHE_DIR where it is set, else beside the sources, else, where those are read-only, a temporary one."""
    digest = blake2b(digest_size=8)
    for source in sorted(_HERE.glob("*.py")):
        digest.update(source.read_bytes())
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(given) / digest.hexdigest()
    is_ours = os.access(_HERE, os.W_OK)
    folder = _HERE / "__pycache__" if is_ours else Path(tempfile.gettempdir()) / f"vitrine-{os.getuid()}"
    return folder / digest.hexdigest()


numba.config.CACHE_DIR = str(_cache_folder())  # type: ignore[attr-defined] # it is made when numba is imported
