"""A signal at one exact step of a program: ptrace stops it before each system call on the files that a scenario names.

All threads of the one process are followed, also through execve; what it starts is not. The tracing is done by a
process of its own, which is this file again: in ours, every wait for a child would take the tracer's news away.
"""
import contextlib
import ctypes
import os
import platform
import signal
import struct
import subprocess
import sys

SEIZE, INTERRUPT, LISTEN, SYSCALL, DETACH, SYSCALL_INFO = 0x4206, 0x4207, 0x4208, 24, 17, 0x420e
TRACE_SYSGOOD, TRACE_CLONE = 1, 8   # (not FORK and VFORK: children go their own way)
WALL = 0x40000000
EVENT_STOP, ENTRY = 128, 1
GROUP_STOPS = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
NOT_PERMITTED = 77

# name: x86_64, aarch64, which arguments are paths, which one is a descriptor
CALLS = {
    "rename": (82, None, (0, 1), None), "renameat": (264, 38, (1, 3), None), "renameat2": (316, 276, (1, 3), None),
    "link": (86, None, (0, 1), None), "linkat": (265, 37, (1, 3), None),
    "unlink": (87, None, (0,), None), "unlinkat": (263, 35, (1,), None),
    "chown": (92, None, (0,), None), "fchownat": (260, 54, (1,), None),
    "execve": (59, 221, (0,), None), "openat": (257, 56, (1,), None),
    "write": (1, 64, (), 0), "fsync": (74, 82, (), 0), "fchmod": (91, 52, (), 0), "sendfile": (40, 71, (), 0),
}
ONCE = ("write", "sendfile")   # what follows on the same file is more of the same


class Killer:
    """`with Killer(pid, 3, [folder]) as killer:` sends SIGKILL before the third call whose path begins with one of
    these; a pipe's is "pipe:". What is only looked at or opened counts once.

    After the block: `seen`, the calls that counted, as text; `struck`, the one at which the signal was sent, or None.
    """

    def __init__(self, pid, at, prefixes, number=signal.SIGKILL):
        self._command = [sys.executable, __file__, str(pid), str(at), str(int(number)), *map(str, prefixes)]
        self._at = at
        self.seen, self.struck = [], None

    def __enter__(self):
        self._tracer = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        if self._tracer.stdout.readline() != "ready\n":
            self._tracer.stdout.close()
            if self._tracer.wait() == NOT_PERMITTED:
                from testkit.scenarios import Skip   # (not for the process that traces)
                raise Skip("ptrace is not permitted, or not known, here")
            raise RuntimeError("the tracer did not begin")
        return self

    def __exit__(self, *_):
        self._tracer.terminate()
        self.seen = self._tracer.stdout.read().splitlines()   # few enough for the pipe
        self._tracer.stdout.close()
        code = self._tracer.wait()
        assert code == 0, f"the tracer ended with status {code}"
        if self._at and len(self.seen) >= self._at:
            self.struck = self.seen[self._at - 1]


class Tracer:
    def __init__(self, pid, at, number, prefixes):
        self._pid, self._at, self._number, self._prefixes = pid, at, number, tuple(prefixes)
        column = ("x86_64", "aarch64").index(platform.machine())
        self._calls = {row[column]: (name, row[2], row[3]) for name, row in CALLS.items() if row[column] is not None}
        self._threads, self._leaving, self._count, self._last = set(), False, 0, None
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self._libc.ptrace.restype = ctypes.c_long

    def _ptrace(self, request, tid, address=None, data=None):
        if self._libc.ptrace(request, tid, address, data) < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"ptrace {request:#x} of {tid}: {os.strerror(number)}")

    def attach(self):
        """Until there is no thread that is not followed: what one that is starts, is from the beginning."""
        while True:
            new = {int(name) for name in os.listdir(f"/proc/{self._pid}/task")} - self._threads
            if not new:
                return
            for tid in new:
                with contextlib.suppress(ProcessLookupError):
                    self._ptrace(SEIZE, tid, None, TRACE_SYSGOOD | TRACE_CLONE)
                    self._threads.add(tid)
                    self._ptrace(INTERRUPT, tid)

    def leave(self, *_):
        """A thread can be let go where it stands still only."""
        self._leaving = True
        for tid in self._threads:
            with contextlib.suppress(ProcessLookupError):
                self._ptrace(INTERRUPT, tid)

    def run(self):
        while self._threads:
            tid, status = os.waitpid(-1, WALL)
            if not os.WIFSTOPPED(status):
                self._threads.discard(tid)
                continue
            self._threads.add(tid)
            with contextlib.suppress(ProcessLookupError):   # killed meanwhile
                self._go_on(tid, os.WSTOPSIG(status), status >> 16)

    def _go_on(self, tid, number, event):
        if number == signal.SIGTRAP | 0x80:
            self._look(tid)
        if self._leaving:
            self._ptrace(DETACH, tid, None, number if event == 0 and number < 64 else 0)
            self._threads.discard(tid)
        elif event == EVENT_STOP and number in GROUP_STOPS:
            self._ptrace(LISTEN, tid)
        else:
            self._ptrace(SYSCALL, tid, None, number if event == 0 and number < 64 else 0)

    def _look(self, tid):
        info = ctypes.create_string_buffer(88)
        self._ptrace(SYSCALL_INFO, tid, len(info), ctypes.addressof(info))
        operation, number, *arguments = struct.unpack_from("=B23xQ6Q", info.raw)
        if self._leaving or operation != ENTRY or number not in self._calls:
            return
        name, paths, descriptor = self._calls[number]
        found = [self._text(arguments[index]) for index in paths]
        if descriptor is not None:
            with contextlib.suppress(OSError):
                found.append(os.readlink(f"/proc/{self._pid}/fd/{arguments[descriptor]}"))
        if not any(path.startswith(self._prefixes) for path in found):
            return
        call = f"{name}({', '.join(found)})"
        if name in ONCE and call == self._last:
            return
        self._last = call
        self._count += 1
        print(call, flush=True)
        if self._count == self._at:
            os.kill(self._pid, self._number)
            self.leave()   # who is not killed ends under no tracer: a leak sanitizer does not work there

    def _text(self, address):
        """What is there up to the first NUL. A page at a time: the next one need not be there."""
        text = b""
        with contextlib.suppress(OSError), open(f"/proc/{self._pid}/mem", "rb", buffering=0) as memory:
            while b"\0" not in text and len(text) < 8192:
                memory.seek(address + len(text))
                text += memory.read(4096 - (address + len(text)) % 4096)
        return text.split(b"\0")[0].decode(errors="replace")


if __name__ == "__main__":
    try:
        tracer = Tracer(*map(int, sys.argv[1:4]), sys.argv[4:])
        signal.signal(signal.SIGTERM, tracer.leave)
        tracer.attach()
    except (PermissionError, ValueError) as refused:   # a ValueError: a machine whose system calls are not known here
        print(refused, file=sys.stderr)
        sys.exit(NOT_PERMITTED)
    print("ready", flush=True)
    tracer.run()
    os._exit(0)   # a SIGTERM that comes late ends no interpreter that ends already
