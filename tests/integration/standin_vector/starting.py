"""What it says it is, how it starts or refuses to, and `validate`."""
import os
import re
import socket
import subprocess

from harness import scenario, scratch_dir, wait_until
from standins import BINARY, SIMPLE, Standin, TCP, TO_BLACKHOLE, environment, has, run, same, write


def validate(config, *flags, version=None, **env):
    with scratch_dir() as path:
        write(os.path.join(path, "p.yaml"), f"data_dir: {path}\n" + config)
        return run("validate", *flags, "p.yaml", version=version, cwd=path, **env)


@scenario
def it_says_what_it_is_in_version_and_on_the_first_line():
    status, out, _ = run("--version")
    same((status, out), (0, "vector 0.54.0 (stand-in of vf-agent, not a real Vector)\n"))
    same(run("--version", version="0.57")[1].split(" (")[0], "vector 0.57.0")
    with Standin(VECTOR_LOG="error") as it:
        wait_until(lambda: it.log().count("\n") >= 1, 20, "a first line")
        has(it.log().splitlines()[0], "stand-in of vf-agent, not a real Vector")


@scenario
def a_symlink_name_chooses_the_version():
    with scratch_dir() as path:
        link = os.path.join(path, "standin-vector-0.57.1")
        os.symlink(BINARY, link)
        has(subprocess.run([link, "--version"], capture_output=True, text=True, check=True, env=environment()).stdout,
            "vector 0.57.1 ")


@scenario
def an_unknown_argument_is_a_usage_error():
    status, _, err = run("--confg", "x.yaml")
    same(status, 2)
    has(err, "error: unexpected argument '--confg' found")


@scenario
def a_start_prints_the_recorded_lines():
    tcp = TCP + TO_BLACKHOLE
    for version, api in (("0.54.0", "playground=http://127.0.0.1:{0}/playground graphql=http://127.0.0.1:{0}/graphql"),
                         ("0.57.0", "GRPC API server started on 127.0.0.1:{0}.")):
        with Standin(tcp, version=version) as it:
            it.started()
            it.logged("API server running.")
            has(it.log(), ' INFO vector::app: Log level is enabled. level="info"\n',
                ' INFO vector::app: Loading configs. paths=["run.yaml", "run.yaml.vf-metrics.yaml"]\n',
                ' INFO vector::topology::running: Running healthchecks.\n',
                ' INFO source{component_kind="source" component_id=in component_type=socket}: '
                'vector::sources::util::net::tcp: Listening. addr=127.0.0.1:',
                f'Building HTTP server. address=127.0.0.1:{it.metrics_port}\n',
                f' INFO vector: Vector has started. debug="false" version="{version}" arch="x86_64" revision=""\n',
                api.format(it.api_port))
            assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z  WARN ", it.log()), it.log()
            same(it.health(), (200, b'{"ok":true}'))


@scenario
def a_bad_config_exits_78_with_vectors_words():
    cases = [("a: [1,\nb: 2\n", "did not find expected ',' or ']' at line "),
             (SIMPLE.replace("blackhole", "nosuch"), "error=unknown variant `nosuch`, expected one of `blackhole`, "),
             (SIMPLE.replace("[in]", "[inn]"), 'Input "inn" for sink "out" doesn\'t match any components.'),
             (SIMPLE.replace("[in]", "[in, 'i*']"), 'Sink "out" has input "in" duplicated 2 times'),
             (SIMPLE + "nonsense: 1\n", "unknown field `nonsense`, expected one of "),
             (SIMPLE.replace("type: blackhole", "type: blackhole, colour: red"), "unknown field `colour`"),
             ("sources: {in: {type: demo_logs}}\nsinks: {o: {type: blackhole, inputs: [in]}}\n", "missing field `format`"),
             (SIMPLE + "sources: {two: {type: docker_logs}}\n", 'duplicate entry with key "sources"'),
             (SIMPLE + "standin: {crahs_after: 1s}\n", "unknown field `crahs_after`"),
             ("# ${NO_SUCH_VARIABLE}\n" + SIMPLE, 'Missing environment variable in config. name = "NO_SUCH_VARIABLE"')]
    for config, words in cases:
        with Standin(config) as it:
            same(it.process.wait(20), 78)
            has(it.log(), "ERROR vector::cli: Configuration error. error=", words, "internal_log_rate_limit=false")


@scenario
def two_files_with_the_same_key_are_an_error():
    with scratch_dir() as path:
        write(f"{path}/a.yaml", SIMPLE + "api: {enabled: true, address: '127.0.0.1:7777'}\ndata_dir: /a\n")
        write(f"{path}/b.yaml", SIMPLE + "api: {enabled: true, address: '127.0.0.1:7778'}\ndata_dir: /b\n")
        status, _, err = run("--config", "a.yaml", "--config", "b.yaml", cwd=path)
        same(status, 78)
        has(err, "duplicate source id found: in", "duplicate sink id found: out",
            "Conflicting `api` address: 127.0.0.1:7777, 127.0.0.1:7778 .", "conflicting values for 'data_dir' found")


@scenario
def an_api_on_the_default_address_merges_with_another():
    with Standin(SIMPLE + "api: {enabled: true, playground: false}\n") as it:
        it.started()
        same(wait_until(it.health, 20, "health")[0], 200)


@scenario
def one_port_claimed_twice_is_a_config_error():
    config = ("sources:\n  a: {type: socket, mode: tcp, address: '127.0.0.1:%PORT%'}\n"
              "  b: {type: socket, mode: tcp, address: '127.0.0.1:%PORT%'}\n"
              "sinks: {out: {type: blackhole, inputs: [a, b]}}\n")
    with Standin(config) as it:
        same(it.process.wait(20), 78)
        has(it.log(), f"Resource `tcp 127.0.0.1:{it.port}` is claimed by multiple components: "
                      '{ComponentKey { id: "a" }, ComponentKey { id: "b" }}')


@scenario
def a_taken_port_makes_it_exit_with_status_0():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = (TCP + TO_BLACKHOLE).replace("%PORT%", str(taken.getsockname()[1]))
        for version in ("0.54", "0.57"):
            with Standin(config, version=version) as it:
                same(it.process.wait(20), 0)
                has(it.log(), 'ERROR source{component_kind="source" component_id=in component_type=socket}: '
                    'vector::internal_events::socket: Error binding socket. error=TCP bind failed: Address already in '
                    'use (os error 98) error_code="socket_bind" error_type="io_failed" stage="initializing" mode=tcp',
                    "An error occurred that Vector couldn't handle: the task completed with an error.",
                    "Vector has started.", "Vector has stopped.")


@scenario
def a_second_one_on_the_same_buffer_exits_78():
    with scratch_dir() as data:
        config = (f"data_dir: '{data}'\nsources: {{in: {{type: docker_logs}}}}\n"
                  "sinks: {out: {type: blackhole, inputs: [in], buffer: {type: disk, max_size: 268435488}}}\n")
        with Standin(config) as first:
            first.started()
            with Standin(config) as second:
                same(second.process.wait(20), 78)
                has(second.log(), "failed to lock buffer.lock; is another Vector process running")
        with Standin(config) as third:
            third.started()


@scenario
def variables_follow_the_rules_of_each_version():
    config = SIMPLE + "standin: {print: ['got ${STANDIN_X}', 'and ${STANDIN_Y:-fallback}', 'paid $$5']}\n"
    with Standin(config, STANDIN_X="value") as it:
        it.started()
        has(it.log(), "got value\nand fallback\npaid $5\n")
    with Standin(config, version="0.57", STANDIN_X="value") as it:
        it.started()
        has(it.log(), "got ${STANDIN_X}\nand ${STANDIN_Y:-fallback}\npaid $$5\n")
    with Standin(config, version="0.57", STANDIN_X="value", VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION="true") as it:
        it.started()
        has(it.log(), "got value\n")


@scenario
def options_that_a_version_does_not_know_are_refused():
    with Standin(SIMPLE + "api: {graphql: false}\n", version="0.57") as it:
        same(it.process.wait(20), 78)
        has(it.log(), "unknown field `graphql`")


@scenario
def vector_log_sets_the_level():
    with Standin(VECTOR_LOG="warn") as it:
        wait_until(lambda: it.health()[0] == 200, 20, "health")
        same(it.log().count("\n"), 1)


@scenario
def validate_prints_what_was_recorded():
    status, out, _ = validate(SIMPLE, "--no-environment")
    same((status, out), (0, '√ Loaded ["p.yaml"]\n-------------------\n          Validated\n'))
    same(validate(SIMPLE, "--no-environment", version="0.57")[1].splitlines()[1], "√ Transforms configuration")
    status, out, _ = validate(SIMPLE, "--skip-healthchecks")
    same((status, out.splitlines()[1]), (0, "√ Component configuration"))
    status, out, _ = validate("a: [1,\nb: 2\n", "--no-environment")
    same(status, 78)
    same(out.splitlines()[:2], ['Failed to load ["p.yaml"]', "-------------------------"])
    has(out, "x did not find expected ',' or ']'")
    status, out, _ = validate("# ${GONE}\n" + SIMPLE)
    same(status, 78)
    has(out, 'x Missing environment variable in config. name = "GONE"')


@scenario
def validate_compiles_vrl_where_the_real_one_does():
    bad = ("sources: {in: {type: docker_logs}}\ntransforms: {parse: {type: remap, inputs: [in], "
           "source: '. = parse_json(.message)'}}\nsinks: {out: {type: blackhole, inputs: [parse]}}\n")
    same(validate(bad, "--no-environment")[0], 0)
    for flags, version, title in (("--no-environment", "0.57", "Transform errors"),
                                  ("--skip-healthchecks", "0.54", "Component errors")):
        status, out, _ = validate(bad, flags, version=version)
        same(status, 78)
        has(out, title, 'x Transform "parse": \nerror[E103]: unhandled fallible assignment')
    same(validate(bad.replace("parse_json(", "parse_json!("), "--skip-healthchecks")[0], 0)


@scenario
def validate_with_environment_needs_the_data_dir():
    with scratch_dir() as path:
        write(f"{path}/p.yaml", "data_dir: /nowhere/at/all\n" + SIMPLE)
        status, out, _ = run("validate", "--skip-healthchecks", f"{path}/p.yaml")
        same(status, 78)
        has(out, 'x data_dir "/nowhere/at/all" does not exist')
