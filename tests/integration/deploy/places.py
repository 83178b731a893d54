"""Where things are, and what the options' reference says."""
import os
import pathlib
import re

SOURCE = pathlib.Path(os.environ.get("VF_TEST_SOURCE", pathlib.Path(__file__).resolve().parents[3]))
DEPLOY = SOURCE / "deploy"
CACHE = SOURCE / "build" / "deploy-test"   # what takes long is made once
AGENT = os.environ.get("VF_TEST_AGENT", str(SOURCE / "build/asan/vf-agent"))
VECTOR = os.environ.get("VF_TEST_VECTOR", str(SOURCE / "build/asan/tests/standin-vector"))


def option_defaults():
    """{name: default} from the table of docs/options.md, which the agent itself writes."""
    text = (SOURCE / "docs" / "options.md").read_text()
    return dict(re.findall(r"^\| `(\w+)` \|[^|]*\| *`?([^`|]*?)`? *\|$", text, re.MULTILINE))


def stop_timeout():
    """The default of VF_STOP_TIMEOUT in seconds: what every grace period has to exceed."""
    minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", option_defaults()["VF_STOP_TIMEOUT"]).groups()
    return 60 * int(minutes or 0) + int(seconds or 0)
