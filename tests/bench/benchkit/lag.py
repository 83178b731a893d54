"""The loop's lag out of vf_agent_loop_lag_seconds. A histogram knows bounds only: every figure is "at most this"."""


def read(metrics):
    """[(upper bound, observations up to it)], by bound."""
    return sorted((float(labels["le"]), value) for name, labels, value in metrics.samples
                  if name == "vf_agent_loop_lag_seconds_bucket")


def since(before, after):
    return [(bound, now - then) for (bound, now), (_, then) in zip(after, before)]


def bound_of(buckets, share):
    """Milliseconds that `share` of the observations did not exceed; None without observations."""
    total = buckets[-1][1] if buckets else 0
    if total <= 0:
        return None
    return 1000 * next(bound for bound, count in buckets if count >= share * total)


def figures(metrics, before):
    """`lag_max_exact_ms` only where the agent tells its longest lag itself."""
    window = since(before, read(metrics))
    found = {"lag_p50_ms": bound_of(window, 0.5), "lag_p99_ms": bound_of(window, 0.99), "lag_max_ms": bound_of(window, 1)}
    exact = metrics.values("vf_agent_loop_lag_max_seconds")
    return {**found, **({"lag_max_exact_ms": 1000 * exact[0]} if exact else {})}
