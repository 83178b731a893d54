"""A folder of pipelines for VF_URL=file://, scratch folders, and a Vector in one that notes what is asked of it."""
import contextlib
import os
import pathlib
import shutil
import tempfile

from testkit.agent import Agent, program


@contextlib.contextmanager
def scratch_dir():
    path = pathlib.Path(tempfile.mkdtemp(prefix="vf-test-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def noting_taps():
    """(program, calls): a Vector that notes the arguments of each `tap`, also of those too short to be seen running."""
    with scratch_dir() as folder:
        script, notes = folder / "vector", folder / "calls"
        script.write_text(f'#!/bin/sh\n[ "$1" = tap ] && echo "$*" >> {notes}\nexec {program("VF_TEST_VECTOR")} "$@"\n')
        script.chmod(0o755)
        yield script, lambda: notes.read_text().splitlines() if notes.exists() else []


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    def write(self, name, text):
        """As a careful editor does: a new file that is renamed over the old one."""
        temporary = self.path / f".{name}.tmp"
        temporary.write_text(text)
        os.replace(temporary, self.path / f"{name}.yaml")

    def write_env(self, name, text, mode=0o600):
        path = self.path / f"{name}.env"
        path.write_text(text)
        path.chmod(mode)

    def remove(self, name):
        (self.path / f"{name}.yaml").unlink()


@contextlib.contextmanager
def directory_agent(pipelines=None, **options):
    """(agent, folder) with VF_URL=file://<folder>; `pipelines` is {name: YAML} to begin with."""
    with scratch_dir() as path:
        folder = Folder(path / "pipelines")
        for name, yaml in (pipelines or {}).items():
            folder.write(name, yaml)
        env = {"VF_URL": f"file://{folder.path}", **options.pop("env", {})}
        with Agent(env=env, **options) as agent:
            yield agent, folder
