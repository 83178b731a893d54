"""Runs the stand-in by hand: each *.yaml of the given folders is a pipeline; editing a file deploys it."""
import argparse
import pathlib
import signal
import ssl
import threading


def read_pipelines(folders):
    found = {}
    for folder in folders:
        for path in sorted(pathlib.Path(folder).glob("*.yaml")):
            found[path.stem] = path.read_text()
    return found


def follow(server, folders, stop):
    """Deploys what changed since the last look, for ever."""
    known = {}
    while True:
        found = read_pipelines(folders)
        for name, yaml in found.items():
            if known.get(name) != yaml:
                server.deploy(name, yaml)
        for name in known.keys() - found.keys():
            server.remove(name, announce=True)
        known = found
        if stop.wait(0.5):
            return


def main(name):
    from standin_server import StandinServer

    parser = argparse.ArgumentParser(description="A stand-in control plane for tests. It is not VectorFlow.")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--pipelines", nargs="*", default=[], metavar="DIR", help="folders with NAME.yaml files")
    parser.add_argument("--poll-interval", type=int, default=15000, metavar="MS")
    parser.add_argument("--latency", type=float, nargs=2, default=(0.0, 0.0), metavar=("LEAST", "MOST"),
                        help="seconds a call")
    parser.add_argument("--tls-cert", metavar="PEM")
    parser.add_argument("--tls-key", metavar="PEM")
    options = parser.parse_args()

    tls = None
    if options.tls_cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    server = StandinServer(port=options.port, tls=tls, latency=tuple(options.latency),
                           say=lambda text: print(text, flush=True))
    server.poll_interval_ms = options.poll_interval
    print(f"{name}: a stand-in control plane for tests, NOT VectorFlow; Ctrl-C ends it", flush=True)
    print(f"VF_URL={server.url} VF_TOKEN={server.enrollment_token}", flush=True)

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    follow(server, options.pipelines, stop)
    server.close()
    print(f"{len(server.requests)} requests, {len(server.violations)} violations", flush=True)
