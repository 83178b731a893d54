"""A disk that is too small for the next version."""
import pathlib

from harness import program, scenario, wait_until
from testkit.small_disk import small_disk
from testkit.upgrades import host

MIB = 1 << 20


@scenario
def an_update_without_room_is_refused_and_leaves_the_room_there_was():
    binary = pathlib.Path(program("VF_TEST_AGENT")).stat().st_size
    content = b"\0" * (64 * MIB)
    with small_disk(f"{binary + 40 * MIB}") as disk, host(place=disk.path) as found:
        for target, url, words in (
                ("9.9.8", found.files.file("/announced", content), "not enough room in "),
                ("9.9.7", found.files.unsized("/unsized", content), "No space left on device")):
            begun = len(found.errors())
            found.push(found.order(target, url, content))
            found.wait_error(words, begun)
            wait_until(lambda: not found.traces(), 10, "what was written is removed")
            found.check_not_upgraded()
