"""`cmake --install`: the program, and what belongs to it, where a host looks for it."""
import os
import pathlib
import subprocess

from harness import scenario, scratch_dir
from places import AGENT, DEPLOY, SOURCE


def installed(folder, prefix):
    subprocess.run(["cmake", "--install", str(pathlib.Path(AGENT).parent), "--prefix", prefix], check=True, timeout=60,
                   capture_output=True, env={**os.environ, "DESTDIR": str(folder)})
    root = pathlib.Path(f"{folder}{prefix}")
    return root, sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@scenario
def an_install_has_program_man_page_completions_and_unit_in_their_places():
    with scratch_dir() as folder:
        root, files = installed(folder, "/opt/agent")
        assert files == ["bin/vf-agent", "lib/systemd/system/vf-agent.service",
                         "share/bash-completion/completions/vf-agent", "share/doc/vf-agent/vf-agent.env",
                         "share/fish/vendor_completions.d/vf-agent.fish", "share/man/man1/vf-agent.1",
                         "share/zsh/site-functions/_vf-agent"], files
        said = subprocess.run([root / "bin/vf-agent", "--version"], capture_output=True, text=True, check=True).stdout
        assert said.startswith("vf-agent "), said
        for shell, path in (("bash", "bash-completion/completions/vf-agent"), ("zsh", "zsh/site-functions/_vf-agent"),
                            ("fish", "fish/vendor_completions.d/vf-agent.fish")):
            wanted = subprocess.run([AGENT, "completion", shell], capture_output=True, check=True).stdout
            assert wanted and (root / "share" / path).read_bytes() == wanted, shell
        assert (root / "share/man/man1/vf-agent.1").read_bytes() == (SOURCE / "docs" / "vf-agent.1").read_bytes()


@scenario
def the_installed_unit_starts_the_program_that_was_installed():
    plain = (DEPLOY / "systemd" / "vf-agent.service").read_text()
    for prefix in ("/usr/local", "/opt/agent"):
        with scratch_dir() as folder:
            root, _ = installed(folder, prefix)
            unit = (root / "lib/systemd/system/vf-agent.service").read_text()
            assert f"ExecStart={prefix}/bin/vf-agent run\n" in unit and f"ReadWritePaths={prefix}/bin\n" in unit
            assert unit == plain.replace("/usr/local/bin", f"{prefix}/bin")
