"""A deploy onto a full disk costs nothing but the deploy."""
import contextlib
import ctypes
import os

from harness import Agent, Skip, StandinServer, scenario, scratch_dir, stays, wait_until
from testkit.deployed import row
from testkit.versions import version, wait_shown

CLONE_NEWNS, MS_NOSUID, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 2, 0x4000, 1 << 18, 2


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


@scenario
def a_deploy_onto_a_full_disk_waits_for_space_and_costs_nothing():
    with small_disk() as disk, StandinServer() as server:
        server.poll_interval_ms = 1000
        server.set_pipeline("p1", version("one"))
        with Agent(server, data_dir=disk.path / "data") as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            pid = row(server)["pid"]
            # By a reload, then by a restart. A version larger than what may be left of some page.
            for number, more in ((2, ""), (3, "timezone: UTC\n")):
                before, said = row(server), len(agent.output())
                disk.fill()
                server.deploy("p1", version(f"number {number}.", more=more + "# " + "x" * 20000 + "\n"))
                wait_until(lambda: "No space left on device" in agent.output()[said:], 20, "it is said")
                wait_until(lambda: any("No space left on device" in line for line in server.log_lines("p1")), 20,
                           "to the server too")
                stays(lambda: row(server)["pid"] == before["pid"] and row(server)["status"] == "RUNNING"
                      and row(server)["version"] == number - 1, 3, "what ran runs on")
                disk.free_again()
                agent.wait_version("p1", number)
                wait_shown(server, f"number {number}.")
                assert (row(server)["pid"] == pid) == (number == 2)
