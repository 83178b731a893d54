"""The host's own view, as a client speaks to it: VF_DATA_DIR/agent.sock, or the page's listener (docs/local-api.md)."""
import http.client
import json
import os
import socket

from testkit.waiting import scaled


class Connection(http.client.HTTPConnection):
    """HTTP over the unix socket of a data directory, however long its name, or to a (host, port)."""

    def __init__(self, place, timeout=20):
        super().__init__("localhost", timeout=scaled(timeout))
        self.place = place

    def connect(self):
        if isinstance(self.place, tuple):
            self.sock = socket.create_connection(self.place, self.timeout)
            return
        folder = os.open(self.place, os.O_PATH)
        try:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{folder}/agent.sock")
        finally:
            os.close(folder)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, dict(response.getheaders()), response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self):
        return [json.loads(line) for line in self.body.splitlines() if line.strip()]


def place_of(agent_or_place):
    return str(agent_or_place.data_dir) if hasattr(agent_or_place, "data_dir") else agent_or_place


def ask(where, target, method="GET", headers=None, timeout=20):
    connection = Connection(place_of(where), timeout)
    try:
        connection.request(method, target, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Stream:
    """`with Stream(agent, "/pipelines/p1/logs?follow=1") as stream: stream.next()`; None where it has ended."""

    def __init__(self, where, target, headers=None, timeout=20, receive_buffer=None):
        self.connection = Connection(place_of(where), timeout)
        self.connection.connect()
        if receive_buffer:
            self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.connection.request("GET", target, headers=headers or {})
        self.response = self.connection.getresponse()
        self.blank_lines = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.response.close()
        self.connection.close()

    def next(self):
        while True:
            line = self.response.readline()
            if not line:
                return None
            if line.strip():
                return json.loads(line)
            self.blank_lines += 1

    def until(self, wanted):
        """All objects up to the first that is wanted."""
        seen = []
        while True:
            seen.append(self.next())
            assert seen[-1] is not None, f"the stream ended after {seen[-5:]}"
            if wanted(seen[-1]):
                return seen
