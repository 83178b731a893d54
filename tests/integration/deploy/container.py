"""deploy/container: the Dockerfile's own steps, run in a chroot with the Debian that it starts from.

The build stage is not run: compiling the agent a second time would double the tests' time. Its package list is resolved,
and what tests/run has built takes the place of what that stage would have built."""
import pathlib
import re
import shutil
import subprocess

import dockerfile
from chroot import SUITE, Chroot
from harness import PortBlock, Skip, scenario, scratch_dir, wait_until
from places import AGENT, DEPLOY, SOURCE, VECTOR, option_defaults
from testkit.waiting import scaled

FILE = DEPLOY / "container" / "Dockerfile"
BUILT = {("build", "/src/build/release/vf-agent"): AGENT, ("vector", "/usr/bin/vector"): VECTOR}

_system = None


def copy(system, argument):
    """COPY [--from=stage] source target"""
    words = argument.split()
    stage = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
    source, target = words
    path = BUILT[(stage, source)] if stage else SOURCE / source
    system.path(target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, system.path(target))


def sanitizer_runtimes(program):
    """The libraries that only a sanitizer build needs; no release binary asks for them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"=> (/\S+/lib[aut]\w*san\.so\S*)", listed)


def runtime():
    """The last stage as a chroot, made by the Dockerfile's own steps."""
    global _system
    if _system:
        return _system
    if f"VERSION_CODENAME={SUITE}\n" not in pathlib.Path("/etc/os-release").read_text():
        raise Skip(f"what is built on this machine does not run on {SUITE}")
    system = Chroot("runtime")
    for instruction, argument in dockerfile.read(FILE)["runtime"].steps:
        if instruction == "COPY":
            copy(system, argument)
        elif instruction == "RUN":
            system.step(argument)
    for library in sanitizer_runtimes(AGENT):
        shutil.copy(library, system.path("/usr/lib/" + library.rpartition("/")[2]))
    _system = system
    return system


@scenario
def every_source_of_a_copy_is_there_and_not_ignored():
    allowed = [line[1:] for line in (SOURCE / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for stage in dockerfile.read(FILE).values():
        for instruction, argument in stage.steps:
            if instruction != "COPY" or argument.startswith("--from="):
                continue
            source = argument.split()[0]
            assert (SOURCE / source).exists(), source
            assert source == "." or any(source == a or source.startswith(a + "/") for a in allowed), source
    folders = re.findall(r"^vf_module\((\w+)", (SOURCE / "CMakeLists.txt").read_text(), re.MULTILINE)
    assert {*folders, "CMakeLists.txt", "CMakePresets.json"} <= set(allowed), allowed


@scenario(limit=240)
def the_base_image_has_every_package_that_the_build_names():
    system = Chroot("build")
    argument = dockerfile.read(FILE)["build"].steps[0][1]
    copy(system, argument)
    said = system.step("apt-get update && sed -e 's/#.*//' /tmp/build.txt | "
                       "xargs apt-get install --simulate --no-install-recommends")
    assert "Inst libboost1.81-dev " in said and "Inst cmake " in said


@scenario(limit=240)
def the_agent_runs_with_the_packages_of_the_last_stage():
    entry = dockerfile.read(FILE)["runtime"].exec_form("ENTRYPOINT")
    done = runtime().run(*entry, "--version", timeout=scaled(20))
    assert done.returncode == 0 and re.match(r"vf-agent \d+\.\d+\.\d+", done.stdout), done
    assert runtime().run("/usr/local/bin/vector", "--version").stdout.startswith("vector 0.")


@scenario
def the_image_is_pid_1_stopped_by_sigterm_and_root_unless_built_otherwise():
    stage = dockerfile.read(FILE)["runtime"]
    assert stage.exec_form("ENTRYPOINT") == ["/usr/local/bin/vf-agent"] and stage.exec_form("CMD") == ["run"]
    assert stage.argument("STOPSIGNAL") == "SIGTERM"
    assert stage.argument("EXPOSE") == option_defaults()["VF_METRICS_PORT"]
    assert stage.argument("USER") == "root"
    assert dockerfile.read(FILE, {"VF_AGENT_USER": "vf-agent"})["runtime"].argument("USER") == "vf-agent"


@scenario(limit=240)
def without_root_the_agent_runs_pipelines_in_the_images_folders():
    system = runtime()
    ports = PortBlock()
    system.path("/srv/pipelines").mkdir()
    shutil.copy(DEPLOY / "examples/pipelines/failed-requests.yaml", system.path("/srv/pipelines"))
    env = system.environment({"VF_URL": "file:///srv/pipelines", "VF_METRICS_ADDR": "127.0.0.1",
                              "VF_METRICS_PORT": str(ports.metrics), "VF_PORT_BASE": str(ports.base)})
    with scratch_dir() as folder, open(folder / "log", "wb") as log:
        agent = subprocess.Popen(system.command("/usr/local/bin/vf-agent", "run", user="vf-agent"), env=env, stdout=log,
                                 stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: "Vector has started." in (folder / "log").read_text(), 30, "the pipeline to start")
        finally:
            agent.terminate()   # `exec` all the way: this is the agent itself
            status = agent.wait(scaled(30))
            ports.release()
        assert status == 0, (folder / "log").read_text()
    owner = system.run("stat", "--format=%U %a", option_defaults()["VF_DATA_DIR"]).stdout
    assert owner == "vf-agent 700\n", owner
