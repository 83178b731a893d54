"""deploy/systemd: systemd itself reads the unit, and its times fit the agent's."""
import configparser
import shutil
import subprocess

from harness import Skip, scenario, scratch_dir
from places import AGENT, DEPLOY, option_defaults, stop_timeout

UNIT = DEPLOY / "systemd" / "vf-agent.service"


def complaints(text):
    """What systemd-analyze says about the unit, with the binary where it is on this machine."""
    if not shutil.which("systemd-analyze"):
        raise Skip("there is no systemd-analyze")
    with scratch_dir() as folder:
        path = folder / "vf-agent.service"
        path.write_text(text.replace("/usr/local/bin/vf-agent", AGENT))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)],
                              capture_output=True, text=True, timeout=60, check=False)
        return [line for line in done.stderr.splitlines() if "vf-agent" in line] + ([] if done.returncode == 0 else ["failed"])


def section(name):
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read(UNIT)
    return unit[name]


@scenario
def systemd_accepts_the_unit():
    assert complaints(UNIT.read_text()) == []


@scenario
def systemd_would_refuse_a_broken_unit():
    text = UNIT.read_text()
    for broken in (text.replace("KillMode=process", "KillMode=sometimes"), text.replace("Restart=always", "Restrat=always"),
                   text.replace("TimeoutStopSec=90s", "TimeoutStopSec=soon"),
                   text.replace("/usr/local/bin/vf-agent", "/nonexistent/vf-agent")):
        assert broken != text and complaints(broken), broken


@scenario
def the_unit_leaves_time_to_drain_and_keeps_the_folders():
    service = section("Service")
    assert int(service["TimeoutStopSec"].removesuffix("s")) > stop_timeout() + 5, service["TimeoutStopSec"]
    folders = [f"/var/lib/{name}" for name in service["StateDirectory"].split()]
    assert option_defaults()["VF_DATA_DIR"] in folders and "/var/lib/vector" in folders, folders
    assert service["Restart"] == "always" and service["RestartPreventExitStatus"] == "78"


@scenario
def the_settings_file_is_one_that_systemd_reads():
    assert section("Service")["EnvironmentFile"].endswith("/vf-agent.env")
    names = []
    for line in (DEPLOY / "systemd" / "vf-agent.env").read_text().splitlines():
        if line and not line.startswith("#"):
            name, separator, value = line.partition("=")
            assert separator and value and name.isupper(), line
            names.append(name)
    assert names == ["VF_URL", "VF_TOKEN"], names
