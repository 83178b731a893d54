"""An update that is refused: the server is told why, and nothing else happens."""
from harness import scenario, wait_until
from testkit.file_server import FileServer
from testkit.upgrades import authority, host, next_binary, running_version, script

SMALL = b"#!/bin/sh\necho something else\n"


def expect_refusal(found, order, words):
    """That order leads to these words at the server, and to nothing else."""
    begun = len(found.errors())
    found.push(order)
    found.wait_error(words, begun)
    wait_until(lambda: not found.traces(), 10, "nothing is left of it")
    found.check_not_upgraded()


def endless(files, hops=12):
    """A chain of redirects between two paths of each server, longer than anybody follows."""
    for number in range(hops):
        files[number % 2].redirect(f"/hop{number}", files[(number + 1) % 2].url(f"/hop{number + 1}"))
    return files[0].url("/hop0")


@scenario
def what_cannot_be_meant_is_refused_before_anything_is_fetched():
    with host() as found:
        whole = found.order("9.9.1", content=SMALL)
        for change, words in (
                ({"downloadUrl": whole["downloadUrl"].replace("https:", "http:")}, "the download URL is not https"),
                ({"downloadUrl": "file:///bin/sh"}, "the download URL is not https"),
                ({"checksum": "sha256:abc"}, "the checksum is not sha256:<64 hex digits>"),
                ({"checksum": "md5:" + "0" * 64}, "the checksum is not sha256:<64 hex digits>"),
                ({"checksum": "sha256:" + "x" * 64}, "the checksum is not sha256:<64 hex digits>"),
                ({"targetVersion": "../9.9.1"}, "the target is not the name of a version")):
            expect_refusal(found, {**whole, **change}, words)
        assert not found.files.requests, found.files.requests


def expect_refusals(found, cases):
    """(target, URL, words) of files whose checksum would be that of SMALL."""
    for target, url, words in cases:
        expect_refusal(found, found.order(target, url, SMALL), words)


@scenario
def a_redirect_to_anything_but_https_or_without_end_is_not_followed():
    with host() as found, FileServer() as plain, FileServer(authority().server_context()) as other:
        files = found.files
        expect_refusals(found, (
            ("9.9.1", files.redirect("/to-http", plain.file("/file", SMALL)), "redirected to something that is not"),
            ("9.9.2", files.redirect("/nowhere", "ftp://127.0.0.1/file"), "redirected to something that is not"),
            ("9.9.3", endless((files, other)), "it is redirected too often"),
            ("9.9.4", files.redirect("/round", "/round"), "it is redirected too often")))
        assert not plain.requests


@scenario
def a_server_that_is_not_trusted_is_not_even_asked():
    with host() as found, FileServer(authority("untrusted").server_context()) as untrusted:
        there = untrusted.file("/file", SMALL)
        expect_refusals(found, (
            ("9.9.1", there, "is not trusted"),
            ("9.9.2", found.files.redirect("/elsewhere", there), "is not trusted")))
        assert not untrusted.requests


@scenario
def a_file_that_does_not_come_whole_is_not_taken():
    with host() as found:
        files = found.files
        expect_refusals(found, (
            ("9.9.1", files.url("/not-there"), "answered HTTP 404"),
            ("9.9.2", files.status("/broken", 500), "answered HTTP 500"),
            ("9.9.3", files.cut("/cut", SMALL, len(SMALL) // 2), "closed the connection without a whole answer"),
            ("9.9.4", files.announce("/huge", 1 << 40), "is beyond 268435456 bytes"),
            ("9.9.5", files.file("/other", SMALL + b"\n"), "the file is not the one with the given checksum"),
            ("9.9.6", files.unsized("/short", SMALL[:-1]), "the file is not the one with the given checksum")))


@scenario
def a_file_that_is_not_what_was_offered_is_not_put_in_place():
    with host() as found:
        for target, content, words in (
                ("9.9.8", next_binary("9.9.9"), "the downloaded file is version 9.9.9 and not 9.9.8"),
                ("9.9.7", SMALL, 'is no vf-agent: it printed "something else"'),
                ("9.9.6", b"\x7fELF" + b"\0" * 4096, "vf-agent.update"),
                ("9.9.5", b"", "vf-agent.update"),
                ("9.9.4", script("9.9.4", options="echo VF_NEW is missing; exit 78"),
                 'version 9.9.4 does not accept this host\'s options: "VF_NEW is missing"'),
                ("9.9.3", script("9.9.3", options="kill -SEGV $$"), "does not accept this host's options")):
            expect_refusal(found, found.order(target, content=content), words)


@scenario
def a_version_that_failed_is_not_fetched_again_for_five_minutes():
    with host() as found:
        good = found.order("9.9.1")
        expect_refusal(found, {**good, "checksum": "0" * 64}, "not the one with the given checksum")
        for _ in range(2):
            expect_refusal(found, good, "version 9.9.1 failed here a moment ago; not tried again for")
        begun = len(found.errors())
        found.poll(good)   # as the server would, which knows nothing of that
        found.server.config_changed()
        found.wait_error("not tried again for", begun)
        wait_until(lambda: found.server.pending_action is None, 10, "the server takes it back")
        assert found.files.asked_for("/9.9.1") == 1, "it is fetched once"
        expect_refusal(found, {**found.order("9.9.2"), "checksum": "0" * 64}, "not the one with the given checksum")


@scenario
def the_version_that_runs_is_no_update():
    with host() as found:
        for name in (running_version(), f"v{running_version()}"):
            found.push(found.order(name, content=SMALL))
        expect_refusal(found, found.order("9.9.1", "http://127.0.0.1/", SMALL), "is not https")   # they came before it
        assert len(found.errors()) == 1 and not found.files.requests


@scenario
def in_a_container_the_image_is_what_is_updated():
    with host(env={"VF_TEST_CONTAINER": "true"}, poll=2000) as found:
        found.poll(found.order())
        wait_until(lambda: found.server.pending_action is None, 20, "the server hears of it")
        assert found.errors() == ["running in Docker"]
        found.push(found.order())
        found.wait_error("running in Docker", begun=1)
        assert not found.files.requests
        found.check_not_upgraded()
