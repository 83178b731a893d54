"""Parts of the integration harness; a test imports them from `harness`."""
