"""A Vector that notes how it is called."""
import contextlib

from harness import program, scratch_dir


@contextlib.contextmanager
def noting_vector():
    """(program, calls): a Vector that notes how it is called; calls("validate", "one") are those of `# one…`."""
    with scratch_dir() as folder:
        script, notes = folder / "vector", folder / "calls"
        write_vector(script, notes)

        def calls(command, word=""):
            lines = notes.read_text().splitlines() if notes.exists() else []
            return [line for line in lines if line.startswith(f"{command}|") and f"|# {word}" in line]
        yield script, calls


def write_vector(script, notes, first=""):
    """Put in place by a rename, as a package manager does. `first`: what it does before it goes on as the stand-in."""
    new = script.with_suffix(".new")
    new.write_text("#!/bin/sh\n"
                   'case "$1" in validate) config=$4 ;; --config) config=$2 ;; *) config=/dev/null ;; esac\n'
                   f'echo "$1|$(grep -m1 "^# " "$config")" >> {notes}\n{first}\n'
                   f'exec {program("VF_TEST_VECTOR")} "$@"\n')
    new.chmod(0o755)
    new.replace(script)
