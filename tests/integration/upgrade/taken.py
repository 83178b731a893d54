"""An update that is fine."""
import base64
import hashlib
import re
import subprocess

from harness import Skip, expect_once_below, pipeline_yaml, scenario, scratch_dir, wait_until
from testkit.file_server import FileServer
from testkit.upgrades import NEXT, authority, host, next_binary
from testkit.versions import version

NUMBER = re.compile(r"flood n=(\d+)")


def numbers(server):
    return [int(m[1]) for m in map(NUMBER.search, server.log_lines("p1")) if m]


def odd_ones(seen):
    """Where numbers do not go on by one: [(before, after)]."""
    return [(one, next_one) for one, next_one in zip(seen, seen[1:]) if next_one != one + 1] or seen[:1]


def check_upgraded(found, pid, target=NEXT, complaints=0):
    """The same process is another version, without a word of complaint, and nothing is left of how it came."""
    assert found.agent.holder().pid == pid and found.agent.process.poll() is None
    found.check_untouched()
    found.wait_settled()
    assert len(found.errors()) == complaints, found.errors()
    assert found.binary.read_bytes() == next_binary(target)


@scenario
def an_update_by_push_keeps_process_vectors_and_every_log_line():
    with host({"p1": pipeline_yaml("one", flood={"lines_per_second": 100}), "p2": version("two")}) as found:
        server = found.server
        wait_until(lambda: len(numbers(server)) > 50, 20, "lines come")
        targets = iter((NEXT, "9.9.1", "9.9.2"))

        def without_pushes():
            target = next(targets)
            found.push(found.order(target))
            found.wait_version(target)
            before, after = server.push_hub.streams()[-2:]
            check_upgraded(found, found.agent.pid, target)
            return after.opened - before.closed
        expect_once_below(2, without_pushes, "an update")
        last = numbers(server)[-1]
        wait_until(lambda: numbers(server)[-1] > last + 100, 20, "lines come")
        seen = numbers(server)
        assert seen == list(range(1, len(seen) + 1)), f"missing or twice: {odd_ones(seen)}"
        server.deploy("p2", version("three"))   # they are managed as before
        found.agent.wait_version("p2", 2)
        assert [row[1:] for row in found.what_runs()] == [row[1:] for row in found.found], "by a reload"


@scenario
def a_slow_server_and_a_log_that_never_rests_cost_no_line_and_repeat_none():
    with host({"p1": pipeline_yaml("one", flood={"lines_per_second": 100})}) as found:
        server = found.server
        wait_until(lambda: len(numbers(server)) > 50, 20, "lines come")
        server.delay("logs", 0.3)   # lines come while each post is under way
        found.push(found.order())
        found.wait_version(NEXT)
        server.clear_faults()
        check_upgraded(found, found.agent.pid)
        assert not found.agent.says("did not take the waiting logs"), "what came after it began was left to the next program"
        last = numbers(server)[-1]
        wait_until(lambda: numbers(server)[-1] > last + 300, 20, "lines come")
        seen = numbers(server)
        assert seen == list(range(1, len(seen) + 1)), f"missing or twice: {odd_ones(seen)}"


@scenario
def an_update_by_poll_is_the_same():
    with host(poll=2000) as found:
        found.poll(found.order(orchestration={"wave": 1}))
        found.wait_version(NEXT)
        check_upgraded(found, found.agent.pid)


@scenario
def one_update_after_another_from_wherever_and_no_file_server_learns_the_token():
    with host(limits={}) as found, FileServer(authority().server_context()) as other:
        pid = found.agent.pid
        ways = {
            "9.9.1": lambda order: {**order, "checksum": order["checksum"].removeprefix("sha256:")},
            "9.9.2": lambda order: {**order, "checksum": "sha256:" + order["checksum"][7:].upper()},
            "9.9.3": lambda order: {**order, "downloadUrl": other.redirect("/latest?a=b", order["downloadUrl"])},
            "9.9.4": lambda order: {**order, "downloadUrl": found.files.redirect("/here", "/9.9.4", status=307)},
            "9.9.5": lambda order: {**order, "targetVersion": "v9.9.5"},
            "9.9.6": lambda order: {**order, "downloadUrl": found.files.unsized("/unsized", next_binary("9.9.6"))},
        }
        for target, way in ways.items():
            order = found.order(target)
            wait_until(found.server.push_connected, 20, "pushes arrive")
            found.push(way(order))
            found.wait_version(target)
            check_upgraded(found, pid, target)
        asked = found.files.requests + other.requests
        assert len(asked) == 8, asked
        for path, headers in asked:
            assert "authorization" not in headers, f"{path}: {headers}"
            told = [token for token in found.server.node_tokens() if any(token in value for value in headers.values())]
            assert not told, f"{path}: {headers}"


def signing_key(folder):
    """(sign, VF_UPDATE_PUBLIC_KEY)"""
    def openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True)
        if done.returncode != 0:
            raise Skip(f"openssl {arguments[0]} cannot do Ed25519 here: {done.stderr.decode(errors='replace')}")
        return done.stdout
    key, message = folder / "key.pem", folder / "message"
    openssl("genpkey", "-algorithm", "ed25519", "-out", key)

    def sign(content):
        message.write_bytes(hashlib.sha256(content).digest())
        return base64.b64encode(openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message)).decode()
    return sign, base64.b64encode(openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:]).decode()


@scenario
def with_a_key_only_what_it_signed_is_taken():
    with scratch_dir() as folder, scratch_dir() as others:
        sign, public = signing_key(folder)
        sign_otherwise, _ = signing_key(others)
        with host(env={"VF_UPDATE_PUBLIC_KEY": public}) as found:
            order = found.order()
            right = sign(next_binary())
            for more, words in (({}, "the update is not signed"),
                                ({"signature": sign_otherwise(next_binary())}, "the signature is not of the key"),
                                ({"signature": sign(b"another file")}, "the signature is not of the key"),
                                ({"signature": right[:-8]}, "the signature is not of the key"),
                                ({"signature": "no base64!"}, "the signature is not of the key")):
                begun = len(found.errors())
                found.push({**order, **more})
                found.wait_error(words, begun)
                found.check_not_upgraded()
            assert not found.files.requests, "nothing is fetched that is not signed"
            found.push({**order, "signature": right})   # it had not been tried: it may be at once
            found.wait_version(NEXT)
            check_upgraded(found, found.agent.pid, complaints=5)
