"""A file system that is small, and that a scenario can fill, or make read-only while nobody writes."""
import contextlib
import ctypes
import os

from testkit.folder import scratch_dir
from testkit.scenarios import Skip

CLONE_NEWNS, MS_RDONLY, MS_NOSUID, MS_REMOUNT, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 1, 2, 32, 0x4000, 1 << 18, 2


class Disk:
    def __init__(self, path):
        self.path, self._filler = path, path / "filler"

    def fill(self):
        """Leaves no byte free."""
        with contextlib.suppress(OSError), open(self._filler, "ab", buffering=0) as file:
            while True:
                file.write(b"x" * 512)

    def free_again(self):
        self._filler.unlink()

    def read_only(self, on):
        """Not while a file on it is open for writing."""
        libc = ctypes.CDLL(None, use_errno=True)
        flags = ctypes.c_ulong(MS_REMOUNT | MS_NOSUID | (MS_RDONLY if on else 0))
        assert libc.mount(b"none", str(self.path).encode(), None, flags, None) == 0, os.strerror(ctypes.get_errno())


@contextlib.contextmanager
def small_disk(size="8m"):
    """A file system of its own, in a mount namespace of this thread: nothing stays mounted whatever happens."""
    libc = ctypes.CDLL(None, use_errno=True)

    def allowed(result, what):
        if result != 0:
            raise Skip(f"{what} is not allowed here: {os.strerror(ctypes.get_errno())}")
    with scratch_dir() as path:
        allowed(libc.unshare(CLONE_NEWNS), "a mount namespace")
        allowed(libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "a private mount")
        allowed(libc.mount(b"vf-test", str(path).encode(), b"tmpfs", ctypes.c_ulong(MS_NOSUID),
                           f"mode=0700,size={size}".encode()), "a tmpfs")
        try:
            yield Disk(path)
        finally:
            libc.umount2(str(path).encode(), MNT_DETACH)
