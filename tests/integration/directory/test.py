"""Issue 3, point 3: VF_URL=file:///folder: each NAME.yaml is a pipeline, NAME.env its secrets. No server, no token."""
import os

from harness import Folder, Agent, directory_agent, main, pipeline_yaml, scenario, scratch_dir, stays, wait_until


def runs(agent, text, timeout=20):
    return wait_until(lambda: agent.vector(text), timeout, f"a Vector runs {text!r}")


def pid_of(agent, text):
    return agent.vector(text).pid


@scenario
def files_that_come_change_and_go_are_pipelines():
    with directory_agent({"one": pipeline_yaml("first")}) as (agent, folder):
        assert "VF_TOKEN" not in agent.env
        runs(agent, "# first")
        wait_until(lambda: agent.readyz() == 200, what="readiness")
        pid = pid_of(agent, "# first")
        folder.write("two", pipeline_yaml("second"))
        runs(agent, "# second")
        folder.write("two", pipeline_yaml("changed"))
        runs(agent, "# changed")
        wait_until(lambda: len(agent.vectors()) == 2, what="two run")
        folder.remove("two")
        wait_until(lambda: len(agent.vectors()) == 1, 20, "the removed one is stopped")
        assert pid_of(agent, "# first") == pid, "the other one is left alone"


@scenario
def an_empty_folder_is_fine():
    with directory_agent() as (agent, folder):
        wait_until(lambda: agent.readyz() == 200, what="readiness")
        folder.write("late", pipeline_yaml("late"))
        runs(agent, "# late")


@scenario
def a_file_that_does_not_parse_keeps_the_last_good_one():
    with directory_agent({"shop": pipeline_yaml("good")}) as (agent, folder):
        runs(agent, "# good")
        pid = pid_of(agent, "# good")
        folder.write("shop", "# broken\nsources: [unclosed\n")
        agent.wait_says(r"(?i)shop.*(yaml|line|parse|column)")
        stays(lambda: pid_of(agent, "# good") == pid, 3, "the good one runs on")
        folder.write("shop", pipeline_yaml("repaired"))
        runs(agent, "# repaired")
        folder.write("new", "- no\n- mapping\n")
        agent.wait_says(r"(?i)\bnew\b.*(mapping|map|yaml|parse)")
        stays(lambda: len(agent.vectors()) == 1, 2, "a new file that is no mapping starts nothing")


@scenario
def secrets_come_from_the_env_file():
    with directory_agent({"keyed": pipeline_yaml("keyed"), "plain": pipeline_yaml("plain")}) as (agent, folder):
        folder.write_env("keyed", "# comment\n\nDB_PASSWORD=one two\nQUOTED=\"a b\"\n")
        def password():
            return agent.vector("# keyed").process.environment().get("DB_PASSWORD")
        wait_until(lambda: password() == "one two", 20, "the secret")
        runs(agent, "# plain")
        assert "DB_PASSWORD" not in agent.vector("# plain").process.environment()
        pid = pid_of(agent, "# plain")
        folder.write_env("keyed", "DB_PASSWORD=three\n")
        wait_until(lambda: password() == "three", 20, "the new secret")
        assert pid_of(agent, "# plain") == pid


@scenario
def a_secrets_file_that_others_can_read_is_said():
    with directory_agent({"shop": pipeline_yaml("shop")}) as (agent, folder):
        runs(agent, "# shop")
        folder.write_env("shop", "PASSWORD=topsecret\n", mode=0o644)
        agent.wait_says(r"shop\.env.*(0600|0644|mode|permission)")
        assert "topsecret" not in agent.output()


@scenario
def temporary_files_of_editors_are_ignored():
    with directory_agent({"shop": pipeline_yaml("good")}) as (agent, folder):
        runs(agent, "# good")
        for name in (".shop.yaml.swp", ".shop.yaml.swx", "shop.yaml~", "#shop.yaml#", ".#shop.yaml", "4913",
                     ".hidden.yaml", "shop.yaml.bak", "shop.yaml.tmp", "shop.yaml.orig", ".goutputstream-ABC123",
                     "readme.md", "shop.json"):
            (folder.path / name).write_text(pipeline_yaml("temporary"))
        (folder.path / "folder.yaml").mkdir()
        stays(lambda: len(agent.vectors()) == 1, 4, "only shop.yaml is a pipeline")
        runs(agent, "# good")


@scenario
def a_file_that_is_written_in_place_and_slowly_ends_right():
    with directory_agent({"shop": pipeline_yaml("old")}) as (agent, folder):
        runs(agent, "# old")
        text = pipeline_yaml("new", print=["the whole file"])
        with open(folder.path / "shop.yaml", "w") as file:
            for position in range(0, len(text), 40):
                file.write(text[position:position + 40])
                file.flush()
        runs(agent, "# new")
        agent.wait_says("the whole file")


@scenario
def a_config_map_is_followed_when_its_link_is_swapped():
    with scratch_dir() as path:
        folder = Folder(path / "pipelines")

        def publish(stamp, text):
            (folder.path / f"..{stamp}").mkdir()
            (folder.path / f"..{stamp}" / "shop.yaml").write_text(text)
            os.symlink(f"..{stamp}", folder.path / "..data_tmp")
            os.replace(folder.path / "..data_tmp", folder.path / "..data")

        publish("2026_01", pipeline_yaml("first"))
        os.symlink("..data/shop.yaml", folder.path / "shop.yaml")
        with Agent(env={"VF_URL": f"file://{folder.path}"}) as agent:
            runs(agent, "# first")
            publish("2026_02", pipeline_yaml("second"))
            runs(agent, "# second")
            publish("2026_03", pipeline_yaml("third"))
            runs(agent, "# third")
            assert len(agent.vectors()) == 1


@scenario
def the_echo_names_the_file():
    with directory_agent({"shop": pipeline_yaml(print=["greetings"])}) as (agent, _):
        agent.wait_says(r"\[shop\].*greetings")


@scenario
def many_files_are_many_isolated_vectors():
    with directory_agent({f"p{n}": pipeline_yaml(f"number {n}.") for n in range(8)}) as (agent, folder):
        wait_until(lambda: len(agent.vectors()) == 8, 30, "eight run")
        for n in range(8):
            folder.remove(f"p{n}")
        wait_until(lambda: not agent.vectors(), 30, "all are stopped")


main()
