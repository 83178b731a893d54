"""Parts of tests/bench/run. Python 3.9+, standard library and tests/support only."""
