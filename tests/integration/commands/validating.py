"""`validate`: Vector's own words about files, without an agent; on real Vectors too where they are."""
import os
import pathlib
import signal
import subprocess

from harness import pipeline_yaml, program, run_agent, scenario, scratch_dir, wait_until

REAL = os.environ.get("VF_TEST_REAL_VECTOR")   # tests/run --real
GOOD = """\
sources:
  in: { type: demo_logs, format: json }
sinks:
  out: { type: console, inputs: [in], encoding: { codec: json } }
"""


def validate(*arguments, vector=None, env=None, stdin=None):
    ended = subprocess.run([program("VF_TEST_AGENT"), "validate", *map(str, arguments)], text=True, capture_output=True,
                           input=stdin, timeout=120,
                           env={"VF_VECTOR_BIN": vector or program("VF_TEST_VECTOR"), "PATH": os.environ["PATH"], **(env or {})})
    return ended.returncode, ended.stdout, ended.stderr


@scenario
def each_file_is_judged_by_itself_in_vectors_words():
    with scratch_dir() as folder:
        (folder / "good.yaml").write_text(pipeline_yaml())
        (folder / "bad.yaml").write_text(pipeline_yaml().replace("type: blackhole", "type: nonsense"))
        code, out, err = validate(folder / "good.yaml")
        assert (code, out, err) == (0, f"{folder}/good.yaml: fine\n", ""), (code, out, err)
        code, out, err = validate(folder / "bad.yaml", folder / "good.yaml", folder / "missing.yaml")
        assert code == 1 and f"{folder}/bad.yaml: refused\n" in out and "nonsense" in out, out
        assert f"{folder}/good.yaml: fine\n" in out and f"{folder}/missing.yaml: not checked\n" in out, out
        assert validate("-", stdin=pipeline_yaml())[:2] == (0, "standard input: fine\n")
        assert not list(folder.glob("*validate*")) and validate(folder / "good.yaml", vector="/nonexistent")[0] == 1


@scenario
def a_files_secrets_are_those_beside_it_and_not_shown():
    with scratch_dir() as folder:
        (folder / "edge.yaml").write_text(pipeline_yaml(refuse_config="x Sink \"out\": bad password hunter2-hunter2"))
        (folder / "edge.env").write_text("PASSWORD=hunter2-hunter2\n")
        code, out, err = validate(folder / "edge.yaml")
        assert code == 1 and "refused" in out and "***" in out and "hunter2" not in out + err, out
        (folder / "edge.env").write_text("no line of an env file\n")
        code, out, err = validate(folder / "edge.yaml")
        assert code == 1 and "not checked" in out and "edge.env" in out, out


@scenario
def nothing_is_left_behind_where_it_is_interrupted():
    with scratch_dir() as folder:
        slow = folder / "vector"
        slow.write_text("#!/bin/sh\nexec sleep 60\n")
        slow.chmod(0o755)
        (folder / "good.yaml").write_text(GOOD)
        (folder / "tmp").mkdir()
        with subprocess.Popen([program("VF_TEST_AGENT"), "validate", str(folder / "good.yaml")], text=True,
                              env={"VF_VECTOR_BIN": str(slow), "TMPDIR": str(folder / "tmp"), "PATH": os.environ["PATH"]}) as process:
            wait_until(lambda: list((folder / "tmp").glob("*/pipeline.yaml.vf-metrics.yaml")), 20, "it asks Vector")
            wait_until(lambda: b"sleep" in b"".join(p.read_bytes() for p in pathlib.Path("/proc").glob("[0-9]*/cmdline")
                                                    if str(process.pid) in parent_of(p)), 20, "Vector runs")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        assert not list((folder / "tmp").iterdir())


def parent_of(cmdline):
    try:
        return (cmdline.parent / "stat").read_text().rsplit(")", 1)[1].split()[1:2]
    except OSError:
        return []


@scenario(limit=180)
def a_real_vector_judges_likewise():
    from harness import Skip
    if not REAL:
        raise Skip("takes a real Vector: tests/run --real")
    with scratch_dir() as folder:
        (folder / "good.yaml").write_text(GOOD + "api: { enabled: true, address: '127.0.0.1:1' }\n")
        (folder / "bad.yaml").write_text(GOOD.replace("inputs: [in]", "inputs: [nowhere]"))
        code, out, err = validate(folder / "good.yaml", folder / "bad.yaml", vector=REAL)
        assert code == 1 and "good.yaml: fine\n" in out and "bad.yaml: refused\n" in out and "nowhere" in out, (out, err)
        assert "\x1b" not in out
