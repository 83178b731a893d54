"""The scripts: clean by shellcheck, and doing what the README says."""
import os
import re
import shutil
import signal
import subprocess
import urllib.request

from harness import Skip, Stopwatch, expect_once_below, listening_socket, scenario, scratch_dir, wait_until
from places import AGENT, DEPLOY, SOURCE, VECTOR
from testkit.waiting import scaled

SCRIPTS = [DEPLOY / "install-deps", DEPLOY / "quickstart", SOURCE / "tests" / "run", SOURCE / ".ci" / "run"]


def program(folder, name, text):
    """A program of that name in front of the real one."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def install_deps(folder, *arguments):
    """Runs install-deps with the programs of `folder` before all others."""
    return subprocess.run([str(DEPLOY / "install-deps"), *arguments], capture_output=True, text=True, timeout=60,
                          check=False, cwd="/", env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})


@scenario
def every_script_is_clean_by_shellcheck():
    if not shutil.which("shellcheck"):
        raise Skip("there is no shellcheck")
    done = subprocess.run(["shellcheck", *map(str, SCRIPTS)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    for script in SCRIPTS:
        assert os.access(script, os.X_OK), script


@scenario
def install_deps_does_nothing_where_all_is_there():
    with scratch_dir() as folder:
        program(folder, "dpkg-query", 'shift 2; for name; do echo "installed $name"; done')
        program(folder, "apt-get", "echo must not be called >&2; exit 1")

        def does_nothing():
            watch = Stopwatch()
            done = install_deps(folder, "--tests")
            took = watch.elapsed()
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
            return took
        expect_once_below(0.5, does_nothing, "doing nothing", tries=5)


@scenario
def install_deps_installs_what_is_missing_and_the_tests_packages_only_if_asked():
    with scratch_dir() as folder:
        program(folder, "dpkg-query", 'shift 2; for name; do case $name in cmake | clang-14) ;; *) echo "installed $name";; '
                "esac; done; exit 1")
        program(folder, "apt-get", f'echo "$@" >> {folder}/calls')
        program(folder, "sudo", '"$@"')
        assert install_deps(folder).returncode == 0
        calls = (folder / "calls").read_text()
        assert "update" in calls and calls.splitlines()[-1].endswith(" cmake"), calls
        assert install_deps(folder, "--tests").returncode == 0
        assert (folder / "calls").read_text().splitlines()[-1].endswith(" cmake clang-14")


@scenario
def install_deps_says_what_it_cannot_install():
    with scratch_dir() as folder:
        program(folder, "dpkg-query", "exit 1")
        program(folder, "apt-get", 'case "$*" in *install*) exit 100 ;; esac')
        program(folder, "sudo", '"$@"')
        done = install_deps(folder)
        assert done.returncode == 1 and "apt-get could not install: " in done.stderr and " cmake " in done.stderr, done
        assert install_deps(folder, "--test").returncode == 1


def built_tree(folder):
    """deploy/ beside what tests/run has built, as quickstart would find it after its own build."""
    shutil.copytree(DEPLOY, folder / "tree" / "deploy")
    release = folder / "tree" / "build" / "release"
    (release / "tests").mkdir(parents=True)
    (release / "vf-agent").symlink_to(AGENT)
    (release / "tests" / "standin-vector").symlink_to(VECTOR)
    (folder / "bin").mkdir()
    program(folder / "bin", "cmake", "true")
    program(folder / "tree" / "deploy", "install-deps", "true")
    return folder / "tree"


class Quickstart:
    """A quickstart that runs, with its output; Ctrl-C at the end."""

    def __init__(self, folder, **env):
        self.tree = built_tree(folder)
        self.out = folder / "out"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("VF_")}
        # no real Vector of this machine's
        path = f"{folder}/bin:" + ":".join(p for p in inherited["PATH"].split(":") if not os.path.exists(f"{p}/vector"))
        with open(self.out, "wb") as out:
            self.process = subprocess.Popen([str(self.tree / "deploy" / "quickstart")], stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, cwd="/", env={**inherited, "PATH": path, **env})

    def text(self):
        return self.out.read_text(errors="replace")

    def said(self, words, count=1):
        wait_until(lambda: self.text().count(words) >= count, 30, words)

    def url(self, path):
        self.said("/readyz\n")
        line = next(line for line in self.text().splitlines() if line.endswith(path))
        return line.split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(scaled(30))
        finally:
            if self.process.poll() is None:
                self.process.kill()


PAGE = re.compile(r"(http://127\.0\.0\.1:\d+/)#token=[\w-]{16,}")


@scenario
def quickstart_runs_the_examples_with_the_standin_and_says_so():
    with scratch_dir() as folder, Quickstart(folder, VF_TOKEN="not for this") as it:
        it.said("the project's stand-in, not a real Vector")
        wait_until(lambda: urllib.request.urlopen(it.url("/readyz"), timeout=5).status == 200, 30, "it to be ready")
        it.said("hello from your pipeline")
        page = wait_until(lambda: PAGE.findall(it.text()), 30, "the page's address")[0]
        assert b"<script>" in urllib.request.urlopen(page, timeout=5).read()
        wait_until(lambda: b"vf_agent_pipelines_running 2" in urllib.request.urlopen(it.url("/metrics"), timeout=5).read(),
                   30, "both pipelines")
        example = it.tree / "build/quickstart/pipelines/heartbeat-demo.yaml"
        example.write_text(example.read_text().replace("hello from your pipeline", "hello again"))
        it.said("hello again")
        it.process.send_signal(signal.SIGINT)
        try:
            assert it.process.wait(scaled(30)) == 0, it.text()
        except subprocess.TimeoutExpired:
            raise AssertionError("it does not end:\n" + it.text()) from None


@scenario
def quickstart_takes_another_port_where_9090_is_taken_and_the_vector_it_is_told():
    with scratch_dir() as folder:
        try:
            taken = listening_socket(9090)
        except OSError:
            taken = None   # taken by something else: just as well
        try:
            with Quickstart(folder, VF_VECTOR_BIN=VECTOR) as it:
                it.said(f"({VECTOR})")
                assert ":9090/" not in it.url("/readyz")
        finally:
            if taken:
                taken.close()


@scenario
def quickstart_says_what_it_cannot_run():
    with scratch_dir() as folder, Quickstart(folder, VF_VECTOR_BIN="/nonexistent/vector") as it:
        assert it.process.wait(scaled(20)) == 1
        assert "VF_VECTOR_BIN=/nonexistent/vector is not a program" in it.text()
