"""A Debian as the container's base image has it, in a folder: made once by debootstrap, copied for each use."""
import atexit
import os
import pathlib
import re
import shutil
import subprocess

from harness import Skip
from places import CACHE

SUITE = "bookworm"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def mirror():
    """Where this machine's own apt gets the suite from."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)",
                             "Created-By: Packages"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        codename, component, uri = line.split()
        if codename == SUITE and component == "main":
            return uri
    raise Skip(f"apt on this machine has no source for {SUITE}")


def base():
    """The folder with the untouched base system."""
    if os.geteuid() != 0:
        raise Skip("a chroot takes root")
    for program in ("debootstrap", "unshare"):
        if not shutil.which(program):
            raise Skip(f"there is no {program}")
    folder = CACHE / SUITE
    done = CACHE / f"{SUITE}.done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            made = subprocess.run(["debootstrap", "--variant=minbase", SUITE, str(folder), mirror()],
                                  capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            raise Skip("debootstrap took longer than 120 s: the mirror is slow today") from None
        if made.returncode != 0:
            raise Skip(f"debootstrap does not work here: {made.stdout[-300:]}{made.stderr[-300:]}")
        done.touch()
    return folder


class Chroot:
    """A copy of the base system to work in. /proc is mounted for each command alone, so nothing stays behind."""

    def __init__(self, name):
        self.root = CACHE / name
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "--archive", "--reflink=auto", str(base()), str(self.root)], check=True)
        atexit.register(shutil.rmtree, self.root, ignore_errors=True)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")

    def path(self, inside):
        return self.root / pathlib.PurePosixPath(inside).relative_to("/")

    def command(self, *arguments, user="root"):
        script = 'mount -t proc proc "$1/proc" && root=$1 user=$2 && shift 2 && exec chroot --userspec="$user" "$root" "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh", str(self.root), user, *arguments]

    def run(self, *arguments, user="root", timeout=120, env=None):
        return subprocess.run(self.command(*arguments, user=user), capture_output=True, text=True, timeout=timeout,
                              check=False, env=self.environment(env))

    def step(self, text):
        """A RUN of the Dockerfile: its output. Skips where the mirror cannot be reached, or is too slow to wait for."""
        try:
            done = self.run("/bin/sh", "-c", text)
        except subprocess.TimeoutExpired:
            raise Skip(f"took longer than 120 s: {text}") from None
        if done.returncode != 0 and re.search("Could not (resolve|connect)|Failed to fetch", done.stderr):
            raise Skip(f"no way to the mirror: {done.stderr.strip()[-300:]}")
        assert done.returncode == 0, f"RUN {text}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    @staticmethod
    def environment(more=None):
        proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        return {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive", **proxies, **(more or {})}
