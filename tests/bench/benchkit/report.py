"""Tables for people."""


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def at_most(value):
    """A bound of the histogram, in ms."""
    if value is None:
        return "-"
    return "> 1000" if value == float("inf") else f"≤ {value:g}"


def yes(value):
    return "yes" if value else "NO"


def percent(value):
    return "-" if value is None else f"{100 * value:.0f} %"


def table(title, columns, rows):
    """`columns` is [(heading, function of a row)]."""
    cells = [[heading for heading, _ in columns]] + [[show(row) for _, show in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    print(f"\n{title}")
    for at, line in enumerate(cells):
        print("  " + "  ".join(text.rjust(width) for text, width in zip(line, widths)).rstrip())
        if at == 0:
            print("  " + "  ".join("-" * width for width in widths))


def longest_lag(row):
    exact = row.get("lag_max_exact_ms")
    return at_most(row["lag_max_ms"]) if exact is None else number(exact, 2)


def print_steady(rows):
    table("Pipelines left alone, poll every 15 s, exposition of 94 kB (full)", [
        ("pipelines", lambda r: str(r["pipelines"])), ("sidecar", lambda r: r["sidecar"]),
        ("CPU ms/min", lambda r: number(r["cpu_ms_per_minute"])), ("in user mode", lambda r: percent(r["user_share"])),
        ("RSS MB", lambda r: number(r["rss_mb"], 1)), ("peak MB", lambda r: number(r["peak_rss_mb"], 1)),
        ("threads", lambda r: str(r["threads"])), ("fds", lambda r: str(r["fds"])),
        ("lag p50 ms", lambda r: at_most(r["lag_p50_ms"])), ("p99", lambda r: at_most(r["lag_p99_ms"])),
        ("max", longest_lag), ("machine busy", lambda r: percent(r["machine_busy"]))], rows)
    table("Their start, on an enrolled node", [
        ("pipelines", lambda r: str(r["pipelines"])), ("sidecar", lambda r: r["sidecar"]),
        ("first poll ms", lambda r: number(r["first_poll_ms"], 1)), ("all run after s", lambda r: number(r["all_run_s"], 2)),
        ("CPU ms", lambda r: number(r["start_cpu_ms"])), ("peak MB", lambda r: number(r["start_peak_rss_mb"], 1)),
        ("lag max ms", lambda r: at_most(r["start_lag_max_ms"]))], rows)


def print_local_view(rows):
    table("The host's own view: `vf-agent status`, the whole process, and what it asks", [
        ("pipelines", lambda r: str(r["pipelines"])), ("status ms", lambda r: number(r["status_ms"], 1)),
        ("worst", lambda r: number(r["status_worst_ms"], 1)), ("-o json ms", lambda r: number(r["json_ms"], 1)),
        ("worst", lambda r: number(r["json_worst_ms"], 1)), ("agent's CPU ms", lambda r: number(r["agent_cpu_ms"], 1)),
        ("/status ms", lambda r: number(r["status_route_ms"], 1)), ("kB", lambda r: number(r["status_route_kb"])),
        ("/readings ms", lambda r: number(r["readings_ms"], 1)), ("kB", lambda r: number(r["readings_kb"])),
        ("lag max ms", lambda r: at_most(r["lag_max_ms"])), ("machine busy", lambda r: percent(r["machine_busy"]))], rows)


def print_first_poll(rows):
    table("Process start to first poll, on an enrolled node", [
        ("starts", lambda r: str(r["times"])), ("median ms", lambda r: number(r["median_ms"], 1)),
        ("best", lambda r: number(r["best_ms"], 1)), ("worst", lambda r: number(r["worst_ms"], 1)),
        ("CPU ms", lambda r: number(r["cpu_ms"], 1)), ("machine busy", lambda r: percent(r["machine_busy"]))], rows)


def print_deploys(rows):
    table("Push config_changed to the Vector that runs it: has reloaded, or is a new one and healthy", [
        ("pipelines", lambda r: str(r["pipelines"])), ("when", lambda r: r["what"]), ("by", lambda r: r["kind"]),
        ("deploys", lambda r: str(r["times"])), ("median ms", lambda r: number(r["median_ms"], 1)),
        ("best", lambda r: number(r["best_ms"], 1)), ("worst", lambda r: number(r["worst_ms"], 1)),
        ("machine busy", lambda r: percent(r["machine_busy"]))], rows)


def print_downtime(rows):
    table(f"Nobody listens on a pipeline's TCP socket while it is deployed ({rows[0]['vector'] if rows else '-'})", [
        ("by", lambda r: r["kind"]), ("deploys", lambda r: str(r["times"])),
        ("live after ms", lambda r: number(r["live_ms"], 1)),
        ("down ms, median", lambda r: number(r["down_median_ms"], 1)), ("worst", lambda r: number(r["down_worst_ms"], 1)),
        ("connects refused", lambda r: number(r["refused"])), ("lines taken", lambda r: number(r["lines"])),
        ("of these lost", lambda r: number(r["lost"])), ("machine busy", lambda r: percent(r["machine_busy"]))], rows)


def print_survival(title, rows, calls=(), same=()):
    table(title, [
        ("pipelines", lambda r: str(r["pipelines"])), ("times", lambda r: str(r["times"])),
        ("all known ms", lambda r: number(r["known_ms"], 1)), ("worst", lambda r: number(r["known_worst_ms"], 1)), *calls,
        ("push stream ms", lambda r: number(r["push_ms"], 1)), ("all told ms", lambda r: number(r["told_ms"], 1)),
        ("CPU ms", lambda r: number(r["cpu_ms"], 1)), ("lag max ms", lambda r: at_most(r["lag_max_ms"])),
        ("same Vectors", lambda r: yes(r["same_vectors"])), *same,
        ("machine busy", lambda r: percent(r["machine_busy"]))], rows)


def print_adopt(rows):
    print_survival("The agent is killed (SIGKILL) and started again: medians, from its start", rows,
                   calls=[("first poll ms", lambda r: number(r["first_poll_ms"], 1)),
                          ("first heartbeat ms", lambda r: number(r["first_heartbeat_ms"], 1))])


def print_re_exec(rows):
    """Without first calls: it may make some between the signal and its end as the old one."""
    print_survival("The agent is told to execute itself anew (SIGUSR2): medians, from the signal", rows,
                   same=[("same agent pid", lambda r: yes(r["same_agent"]))])


def print_floods(rows):
    table("Log lines of 100 bytes from one pipeline", [
        ("lines/s", lambda r: number(r["lines_per_second"])), ("VF_ECHO_LOGS", lambda r: str(r["echo"]).lower()),
        ("CPU µs/line", lambda r: number(r["us_per_line"], 2)), ("in user mode", lambda r: percent(r["user_share"])),
        ("RSS MB", lambda r: number(r["rss_mb"], 1)), ("echo dropped", lambda r: number(r["dropped"].get("echo_lines", 0))),
        ("machine busy", lambda r: percent(r["machine_busy"]))], rows)


def print_taps(rows):
    table("Live taps, events of 250 bytes", [
        ("events/s each", lambda r: number(r["events_per_second"])), ("taps", lambda r: str(r["taps"])),
        ("a call takes s", lambda r: f"{r['latency'][0]:g}–{r['latency'][1]:g}" if r["latency"][1] else "0"),
        ("delivered", lambda r: percent(r["delivered_share"])), ("refused posts", lambda r: str(r["refused"])),
        ("posts/min", lambda r: number(60 * r["posts"] / r["seconds"])),
        ("delay p50 ms", lambda r: number(r["delay_p50_ms"])), ("p99", lambda r: number(r["delay_p99_ms"])),
        ("CPU µs/event", lambda r: number(r["us_per_event"], 2)), ("RSS MB", lambda r: number(r["rss_mb"], 1)),
        ("peak MB", lambda r: number(r["peak_rss_mb"], 1)), ("machine busy", lambda r: percent(r["machine_busy"]))], rows)


def print_remarks(rows):
    """What was dropped unexpectedly, and breaches of the wire contract."""
    for row in rows:
        known = [key for key in ("pipelines", "sidecar", "kind", "asked_per_second", "echo", "events_per_second", "taps") if key in row]
        name = ", ".join(f"{key} {row[key]}" for key in known)
        for what, count in row.get("dropped", {}).items():
            if what not in ("echo_lines", "log_lines_overwritten"):
                print(f"  remark ({name}): {count:g} {what} dropped")
        for text in row.get("violations", [])[:5]:
            print(f"  remark ({name}): breach of the contract: {text}")
