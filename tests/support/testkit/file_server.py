"""An HTTPS server for files, and for whatever goes wrong while one is fetched."""
import http.server
import threading


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    tls = None

    def get_request(self):
        sock, address = super().get_request()
        sock.settimeout(60)
        # The handshake belongs to the connection's own thread: it comes with the first byte that is read.
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, address

    def handle_error(self, *_):
        """A client that goes away, or trusts us not, is what some scenarios are about."""


class FileServer:
    """`with FileServer(authority.server_context()) as files:`; without a context it speaks plain HTTP.

    Each route is set by one call, at any time; `requests` are (path, headers in lower case), as they came.
    """

    def __init__(self, tls=None):
        routes, requests = {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.close_connection = True
                routes.get(self.path, lambda handler: handler.begin(404, 0))(self)

            def begin(self, status, length, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if length is not None:
                    self.send_header("Content-Length", str(length))
                self.send_header("Connection", "close")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._routes, self.requests = routes, requests
        self._scheme = "https" if tls else "http"
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.tls = tls
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def url(self, path):
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}{path}"

    def asked_for(self, path):
        """How often."""
        return len([asked for asked, _ in self.requests if asked == path])

    # -- Routes: each answers its URL ----------------------------------------------------------------------------
    def _route(self, path, answer):
        self._routes[path] = answer
        return self.url(path)

    def file(self, path, content, then=None):
        """`then` is called when all of it has been sent."""
        def answer(handler):
            handler.begin(200, len(content))
            handler.wfile.write(content)
            if then:
                then()
        return self._route(path, answer)

    def status(self, path, status):
        return self._route(path, lambda handler: handler.begin(status, 0))

    def redirect(self, path, to, status=302):
        return self._route(path, lambda handler: handler.begin(status, 0, Location=to))

    def cut(self, path, content, after):
        """Only so many bytes of what was announced."""
        def answer(handler):
            handler.begin(200, len(content))
            handler.wfile.write(content[:after])
        return self._route(path, answer)

    def announce(self, path, length):
        """The beginning of something of that size."""
        def answer(handler):
            handler.begin(200, length)
            handler.wfile.write(b"\0" * 100000)
        return self._route(path, answer)

    def held(self, path, content, after):
        """(URL, reached, go_on): so much has been sent when the first event is set, the rest comes with the second."""
        reached, go_on = threading.Event(), threading.Event()

        def answer(handler):
            handler.begin(200, len(content))
            handler.wfile.write(content[:after])
            handler.wfile.flush()
            reached.set()
            go_on.wait(60)
            handler.wfile.write(content[after:])
        return self._route(path, answer), reached, go_on

    def unsized(self, path, content):
        """Nobody is told beforehand how long it is."""
        def answer(handler):
            handler.begin(200, None, **{"Transfer-Encoding": "chunked"})
            for at in range(0, len(content), 65536):
                piece = content[at:at + 65536]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")
        return self._route(path, answer)
