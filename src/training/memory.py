"""How memory is asked for and given back."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as in malloc.h of glibc
MOST = 2**25  # bytes that glibc takes from its heap at a time


def keep_freed_memory():
    """Lets the C library keep what is freed for what is asked for next.

    A step frees and asks again for tensors of megabytes. Given back in between, each of their pages costs a page
    fault the next time, together a tenth of a step. Does nothing where the C library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS and musl; Windows
        return
    mallopt(M_MMAP_THRESHOLD, MOST)
    mallopt(M_TRIM_THRESHOLD, 2**30)
