"""Completion in the shells, the man page."""
import os
import pathlib
import select
import shutil
import subprocess

from harness import Agent, Skip, StandinServer, pipeline_yaml, program, run_agent, scenario, scratch_dir, wait_until

SOURCE = pathlib.Path(os.environ["VF_TEST_SOURCE"])


def script(shell):
    ended = run_agent("completion", shell)
    assert ended.returncode == 0 and ended.stdout, ended
    return ended.stdout


def in_bash(agent, *words):
    """What bash offers for the last of these words."""
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    program_ = program("VF_TEST_AGENT")
    text = (script("bash") + f"\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_LINE='x'\n"
            f"_vf_agent {program_}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n")
    ended = subprocess.run(["bash", "--norc", "-c", text], capture_output=True, text=True, timeout=30, cwd=agent.scratch,
                           env={"PATH": os.environ["PATH"], "VF_DATA_DIR": str(agent.data_dir)})
    assert ended.returncode == 0 and not ended.stderr, ended
    return ended.stdout.split("\n")[:-1]


@scenario
def bash_completes_commands_flags_pipelines_components_and_files():
    subprocess.run(["bash", "-n"], input=script("bash"), text=True, check=True, timeout=20)
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        server.set_pipeline("p2", pipeline_yaml(), name="edge two's")
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            (agent.scratch / "some file.yaml").write_text("")
            assert in_bash(agent, "vf-agent", "sta") == ["status"]
            # (A busy agent is waited for a second and a half only, as a person at a prompt does.)
            for words, offered in ((("logs", "ed"), ["edge", "edge\\ two\\'s"]), (("logs", "edge\\ t"), ["edge\\ two\\'s"]),
                                   (("tap", "edge", "p"), ["parse"])):
                wait_until(lambda: in_bash(agent, "vf-agent", *words) == offered, 20, f"{words}: {offered}")
            assert in_bash(agent, "vf-agent", "top", "--sort", "=", "mem") == ["memory"]
            assert "--follow" in in_bash(agent, "vf-agent", "logs", "--f")
            assert in_bash(agent, "vf-agent", "validate", "some") == ["some file.yaml"]
            agent.stop()
            assert in_bash(agent, "vf-agent", "logs", "ed") in ([], [""]), "without an agent there is nothing, and no noise"


def with_program(folder):
    """An environment in which `vf-agent` is the program, and the script of each shell is a file beside it."""
    (folder / "vf-agent").symlink_to(program("VF_TEST_AGENT"))
    for shell in ("zsh", "fish"):
        (folder / shell).write_text(script(shell))
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "TERM": "dumb"}


@scenario
def fish_completes_too():
    if not shutil.which("fish"):
        raise Skip("not installed: fish")
    with scratch_dir() as folder:
        env = with_program(folder)
        for line, offered in (("vf-agent sta", "status"), ("vf-agent tap --li", "--limit"), ("vf-agent completion z", "zsh")):
            ended = subprocess.run(["fish", "--no-config", "-c", f"source {folder}/fish; complete -C '{line}'"], env=env,
                                   capture_output=True, text=True, timeout=60)
            assert [row.split("\t")[0] for row in ended.stdout.splitlines()] == [offered], (line, ended)


@scenario
def zsh_completes_too():
    if not shutil.which("zsh"):
        raise Skip("not installed: zsh")
    master, slave = os.openpty()
    with scratch_dir() as folder, os.fdopen(slave, "rb", closefd=True) as terminal, \
            subprocess.Popen(["zsh", "-f", "-i"], stdin=terminal, stdout=terminal, stderr=terminal, env=with_program(folder),
                             start_new_session=True) as shell:
        shown = []

        def shows(words):
            while select.select([master], [], [], 0.05)[0]:
                shown.append(os.read(master, 4096).decode(errors="replace"))
            return words in "".join(shown)

        try:
            os.write(master, f"autoload -Uz compinit; compinit -u -D; source {folder}/zsh; echo rea''dy\n".encode())
            wait_until(lambda: shows("ready"), 30, "zsh has read the script")
            for typed, completed in (("vf-agent sta\t", "vf-agent status "), ("\x15vf-agent completion ba\t", "vf-agent completion bash ")):
                shown.clear()
                os.write(master, typed.encode())
                wait_until(lambda: shows(completed), 20, f"{completed}on the line: {shown}")
        finally:
            shell.kill()
            os.close(master)


@scenario
def the_man_page_is_the_tables_and_reads_well():
    page = run_agent("man-page").stdout
    assert page == (SOURCE / "docs" / "vf-agent.1").read_text(), "write it anew: vf-agent man-page > docs/vf-agent.1"
    checked = False
    for check in (["groff", "-ww", "-man", "-Tutf8", "-z"], ["mandoc", "-Tlint", "-Wwarning"]):
        if shutil.which(check[0]):
            ended = subprocess.run(check, input=page, capture_output=True, text=True, timeout=60)
            assert not ended.stderr and not (check[0] == "mandoc" and ended.stdout), (check, ended.stdout + ended.stderr)
            checked = True
    if not checked:
        raise Skip("neither groff nor mandoc is there")


@scenario
def help_is_found_every_way_somebody_tries():
    pages = {run_agent(*arguments).stdout for arguments in (["logs", "--help"], ["logs", "-h"], ["help", "logs"], ["logs", "x", "-h"])}
    assert len(pages) == 1 and "Examples:" in pages.pop()
    ended = run_agent("lgos")
    assert ended.returncode == 78 and "logs" in ended.stderr, ended
