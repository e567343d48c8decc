"""Runs a Python module whose forked children end with it: `python -m local_stack.together MODULE [ARGUMENT ...]`.

A killed scheduler of Airflow would leave its workers behind, and these, having inherited its connections to Postgres,
would hold the locks of its last transaction for ever; the next scheduler would wait for them.
"""

import ctypes
import os
import runpy
import signal
import sys

SET_SIGNAL_AT_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of linux/prctl.h
_libc = ctypes.CDLL(None)


def _end_with_parent() -> None:
    _libc.prctl(SET_SIGNAL_AT_DEATH_OF_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    os.register_at_fork(after_in_child=_end_with_parent)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
