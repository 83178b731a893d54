"""`logs`: what is there, for people and for pipes."""
from harness import Agent, StandinServer, pipeline_yaml, scenario, wait_until

from common import OnTerminal, command


@scenario
def logs_are_the_last_lines_as_they_were_printed():
    nasty = "\x1b]0;owned\x07red\x1b[31m \u202eturned"   # the agent keeps no controls, but what turns text
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(print=[f"line {i}" for i in range(9)] + [nasty]), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: "owned" in command(agent, "logs", "edge")[1], 20, "the lines")
            code, out, err = command(agent, "logs", "edge", "-n", "500")
            assert code == 0 and not err and out.index("line 0\n") < out.index("line 8\n") < out.index("owned"), (code, out, err)
            assert "\u202e" in out, "a pipe gets the bytes"
            assert command(agent, "logs", "p1", "-n", "500")[1] == out, "by id it is the same"
            assert command(agent, "logs", "edge", "-n", "1")[1].count("\n") == 1
            with OnTerminal(agent, "logs", "edge") as terminal:
                terminal.wait_for("owned")
                assert terminal.end() == 0 and "\x1b" not in terminal.seen and "\u202e" not in terminal.seen, repr(terminal.seen)


@scenario
def a_configuration_on_a_terminal_does_nothing_to_it_as_json_either():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(more="# \u009b31m\u202eturned\n"), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            for arguments in (["inspect", "p1"], ["inspect", "p1", "-o", "json"]):
                assert "\u202e" in command(agent, *arguments)[1], "a pipe gets the bytes"
                with OnTerminal(agent, *arguments) as terminal:
                    terminal.wait_for("turned")
                    assert terminal.end() == 0
                    assert "\u009b" not in terminal.seen and "\u202e" not in terminal.seen, repr(terminal.seen)


@scenario
def what_is_wrong_is_one_sentence_and_an_exit_code():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            for arguments in (["logs", "nope"], ["restart", "nope"], ["inspect", "nope"], ["tap", "nope", "demo"]):
                code, out, err = command(agent, *arguments)
                assert (code, out) == (1, "") and "nope" in err and "edge" in err and err.count("\n") == 1, (arguments, code, out, err)
            for arguments in (["logs"], ["logs", "edge", "-n", "501"], ["logs", "edge", "more"], ["status", "-o", "xml"],
                              ["tap", "edge"], ["top", "--sort", "size"], ["completion", "tcsh"], ["validate"], ["top"],
                              ["restart", "edge", "--force"]):
                code, out, err = command(agent, *arguments)
                assert code == 64 and not out and ("--help" in err or "--once" in err), (arguments, code, out, err)
            agent.stop()
            for arguments in (["status"], ["logs", "edge"], ["logs", "edge", "-f"], ["tap", "edge", "demo"], ["top", "--once"],
                              ["restart", "edge"], ["inspect", "edge"]):
                code, out, err = command(agent, *arguments)
                assert (code, out) == (2, "") and "none runs there" in err and str(agent.data_dir) in err, (arguments, code, err)


@scenario
def a_full_disk_or_closed_output_is_no_success():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            from common import start
            for arguments in (["status"], ["inspect", "p1"], ["version"], ["completion", "bash"], ["status", "--help"]):
                with open("/dev/full", "w") as full, start(agent, *arguments, stdout=full) as process:
                    assert process.wait(20) == 1 and "standard output" in process.stderr.read(), arguments
