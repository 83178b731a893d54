"""The options that deploy/ and the README speak of are options that the agent has."""
import re

from harness import scenario
from places import DEPLOY, SOURCE, option_defaults

# Not options: a build argument of the Dockerfile.
OTHER = {"VF_AGENT_USER"}


@scenario
def every_option_named_in_deploy_and_readme_exists():
    known = set(option_defaults()) | OTHER
    assert {"VF_URL", "VF_STOP_TIMEOUT"} <= known, known
    seen = set()
    for path in [*DEPLOY.rglob("*"), SOURCE / "README.md"]:
        if not path.is_file():
            continue
        for name in re.findall(r"\bVF_[A-Z][A-Z_]*[A-Z]\b", path.read_text()):
            seen.add(name)
            assert name in known, f"{path.relative_to(SOURCE)} names {name}, which is no option"
    assert {"VF_URL", "VF_TOKEN", "VF_DATA_DIR"} <= seen, seen
