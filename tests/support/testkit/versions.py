"""Versions of a pipeline that show themselves: what a process runs is seen, not only what it is called."""
from testkit.vectors import pipeline_yaml
from testkit.waiting import wait_until

SHOW = "  show: { type: console, inputs: [parse], encoding: { codec: json } }\n"


def version(word, more="", source="", socket_port=None, **standin):
    """A pipeline whose every event says `word`, on its stdout. `source` is a further source, as YAML. The stand-in's
    modes are a global option: another of them is a restart, the same ones leave a reload possible."""
    text = pipeline_yaml(word, more=SHOW + more, socket_port=socket_port, **standin)
    return text.replace('".a = 1"', f"'.word = \"{word}\"'").replace("sources:\n", f"sources:\n{source}")


def words_shown(server, pipeline_id="p1"):
    """The words of its events, as they arrived."""
    lines = [line for line in server.log_lines(pipeline_id) if '"word":"' in line]
    return [line.split('"word":"', 1)[1].split('"', 1)[0] for line in lines]


def wait_shown(server, word, pipeline_id="p1"):
    """Until new events say this word, and the newest of them does."""
    begun = len(words_shown(server, pipeline_id))
    wait_until(lambda: words_shown(server, pipeline_id)[begun:][-1] == word, 20, f"events of {word}")
