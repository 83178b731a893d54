"""As testkit.deployed.running, with an agent that polls often: no push comes after a time without a server."""
from functools import partial

from testkit import deployed

running = partial(deployed.running, poll=1000)
