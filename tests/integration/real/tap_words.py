"""The stand-in's `tap` says what a real one says to the same patterns, and taps the same components."""
import json
import re
import subprocess

from harness import PortBlock, program, scaled, scenario, scratch_dir, wait_until

CONFIG = """\
sources:
  demo: {type: demo_logs, format: json, interval: 0.02}
  'we*ird': {type: demo_logs, format: json, interval: 0.02}
  '-x': {type: demo_logs, format: json, interval: 0.02}
transforms:
  parse: {type: remap, inputs: [demo], source: '.a = 1'}
  route: {type: route, inputs: [parse], route: {a: 'true', b: 'true'}}
  rm: {type: remap, inputs: [demo], reroute_dropped: true, source: '.a = 1'}
sinks:
  out: {type: blackhole, inputs: [route.a, 'we*ird']}
  out2: {type: blackhole, inputs: ['rou*', 'rm*', '-x']}
"""
ASKED = (["--outputs-of", "parse"], ["--outputs-of", "route"], ["--outputs-of", "route,route.*"], ["--outputs-of", "rm,rm.*"],
         ["--outputs-of", "we[*]ird"], ["--outputs-of", "we\\*ird"], ["--outputs-of=-x"], ["--outputs-of", "-x"],
         ["--outputs-of", "a***"], ["--outputs-of", "pa[!x]s?"], ["--outputs-of", "["], ["--outputs-of", ""],
         ["--outputs-of", "out"], ["--inputs-of", "out"], ["--inputs-of", "out2"], ["--inputs-of", "demo"],
         ["--inputs-of", "out", "--outputs-of", "rm"], ["--outputs-of", "parse", "--limit", "20000"],
         ["--outputs-of", "parse", "--limit", "0"], ["--interval", "99"], ["--bogus"], ["--outputs-of"], ["demo"])


LIST = re.compile(r'\["([^\]]*)"\]$')


def in_order(match):
    """The list of components at a line's end, in an order."""
    return '["' + '", "'.join(sorted(match[1].split('", "'))) + '"]'


def minor(vector):
    words = subprocess.run([vector, "--version"], capture_output=True, text=True, check=True).stdout.split()
    return words[1].rsplit(".", 1)[0]


def answers(vector, env, folder, port):
    """What it answers to each question: (status, words about patterns, components)."""
    form = "/graphql" if float(minor(program("VF_TEST_REAL_VECTOR")).split(".")[1]) < 55 else ""
    config = folder / "vector.yaml"
    config.write_text(f'data_dir: {folder}\napi: {{enabled: true, address: "127.0.0.1:{port}"}}\n{CONFIG}'
                      + ("standin: {tap: {events_per_second: 50}}\n" if env else ""))
    log = folder / "log"
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen([vector, "--config", config], stdout=file, stderr=file, env=env)
    try:
        wait_until(lambda: "API server running" in log.read_text(), 20, "it runs")
        found = {}
        for question in ASKED:
            done = subprocess.run([vector, "tap", "--url", f"http://127.0.0.1:{port}{form}", "--duration-ms", "1000", "--no-reconnect",
                                   "--meta", "--format", "json", *question], env=env, capture_output=True, text=True,
                                  timeout=scaled(20), check=False)
            words = sorted(LIST.sub(in_order, line) for line in done.stderr.splitlines() if line.startswith("[tap]"))
            parts = {(event["component_id"], event["component_kind"], event["component_type"])
                     for event in map(json.loads, done.stdout.splitlines())}
            found[" ".join(question)] = done.returncode, words, sorted(parts)
        return found
    finally:
        process.kill()
        process.wait()


@scenario(limit=180)
def the_stand_in_answers_as_the_real_one():
    real = program("VF_TEST_REAL_VECTOR")
    ports = PortBlock()
    try:
        with scratch_dir() as folder:
            expected = answers(real, None, folder, ports.base)
        with scratch_dir() as folder:
            env = {"STANDIN_VECTOR_VERSION": minor(real)}
            found = answers(program("VF_TEST_VECTOR"), env, folder, ports.base + 1)
    finally:
        ports.release()
    for question in expected:
        assert found[question] == expected[question], f"{question}\nreal     {expected[question]}\nstand-in {found[question]}"
