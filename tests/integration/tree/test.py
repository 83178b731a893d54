"""The house rules that a compiler does not check: docs/design.md, "The house"; docs/style.md."""
import os
import re

from testkit.scenarios import main, scenario

ROOT = os.environ["VF_TEST_SOURCE"]
# A folder may include itself and these.
ALLOWED = {
    "logbuf": set(),
    "metrics": set(),
    "push": set(),
    "supervisor": {"logbuf"},
    "tapper": {"logbuf", "supervisor/process", "supervisor/result.h"},
    "agent": {"logbuf", "metrics", "push", "supervisor", "tapper"},
}
# Heavy headers and the only files that may include them.
ONLY_IN = {
    "httplib.h": {"agent/http/http_connection.cpp", "agent/local/metrics_server.cpp"},
    "boost/process": set(),   # see supervisor/process/child.cpp
    "boost/beast": {"agent/local/local_connection.cpp", "agent/local/local_client.cpp"},
    "CLI/": {"agent/commands/client_commands.cpp"},
    "yaml-cpp/": {"supervisor/own_api.cpp", "supervisor/change_kind.cpp", "supervisor/yaml_document.h", "supervisor/yaml_document.cpp", "supervisor/mask_yaml.cpp",
                  "agent/control/directory/yaml_check.cpp"},
    "spdlog/": {"agent/log.cpp"},
    "prometheus/": {"metrics/agent_metrics.cpp"},
}
CORES = ["logbuf", "supervisor/lifecycle", "supervisor/rollout", "supervisor/reconcile",
         "supervisor/change_kind", "supervisor/reload_verdict", "supervisor/validation_verdict", "supervisor/mask_secrets", "supervisor/mask_yaml", "supervisor/component_graph", "agent/local/routes",
         "agent/local/local_message", "agent/local/page_access",
         "supervisor/tidy_words", "supervisor/error_line", "supervisor/vector_data_dir", "supervisor/resource_limits", "supervisor/restart_policy", "supervisor/sidecar",
         "supervisor/child_environment", "push/sse_parser", "push/reconnect_policy",
         "agent/control/vectorflow/schedule", "agent/control/vectorflow/budget", "agent/control/vectorflow/pacer",
         "metrics/exposition", "metrics/vector_readings", "tapper/tap_command", "tapper/tap_lines", "tapper/event_reader", "tapper/tap_buffer", "agent/scrape_round", "agent/mass_stop_guard", "agent/update/update_order",
         "agent/commands/terminal_text", "agent/commands/likely_secrets", "agent/commands/tar_archive",
         "agent/commands/command_table", "agent/commands/command_help", "agent/commands/completion",
         "agent/commands/man_page", "agent/commands/stream_object"]
IN_NO_CORE = re.compile(r"boost/|<thread>|<random>|<fstream>|<filesystem>|unistd\.h|_clock::now|getenv")


def sources():
    for folder in ALLOWED:
        for place, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith((".h", ".cpp")):
                    path = os.path.join(place, name)
                    with open(path, encoding="utf-8") as file:
                        yield os.path.relpath(path, ROOT), file.read()


def includes(text):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.M)


@scenario
def dependencies_point_one_way():
    wrong = []
    for path, text in sources():
        folder = path.split("/")[0]
        for included in includes(text):
            first = included.split("/")[0]
            if first not in ALLOWED or first == folder:
                continue
            if not any(included == allowed or included.startswith(allowed + "/") for allowed in ALLOWED[folder]):
                wrong.append(f"{path} includes {included}")
    assert not wrong, "\n".join(wrong)


@scenario
def heavy_headers_stay_where_they_are():
    wrong = [f"{path} includes {included}" for path, text in sources() for included in includes(text)
             for heavy, allowed in ONLY_IN.items() if included.startswith(heavy) and path not in allowed]
    assert not wrong, "\n".join(wrong)


@scenario
def cores_touch_nothing_but_their_arguments():
    wrong = []
    for path, text in sources():
        if any(path == core or path.startswith((core + ".", core + "/")) for core in CORES):
            code = re.sub(r"//[^\n]*", "", text)
            wrong += [f"{path}: {found}" for found in IN_NO_CORE.findall(code)]
    assert not wrong, "\n".join(wrong)


@scenario
def nothing_is_swallowed_or_let_loose():
    wrong = []
    for path, text in sources():
        code = re.sub(r"//[^\n]*", "", text)
        for pattern in (r"catch\s*\(\s*\.\.\.\s*\)\s*\{\s*\}", r"\b\w*thread\w*\.detach\(\)"):
            wrong += [f"{path}: {found}" for found in re.findall(pattern, code)]
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    main()
