"""HTTP for the double: answers, faults that are asked for, a second port for what is downloaded, and a socket for gh."""
import hashlib
import http.server
import json
import os
import re
import secrets
import socket
import socketserver
import struct
import threading
import time
import urllib.parse


class Answer:
    """What goes back."""

    def __init__(self, status=200, value=None, body=b"", kind="application/json; charset=utf-8", headers=None):
        self.status = status
        self.headers = dict(headers or {})
        self.body = json.dumps(value).encode() if value is not None else body
        if self.body or value is not None:
            self.headers.setdefault("Content-Type", kind)


class Problem(Exception):
    """An answer of 400 and above."""

    def __init__(self, status, message, **more):
        super().__init__(message)
        self.answer = Answer(
            status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status), **more}
        )


class Faults:
    """What is to go wrong, in the order in which it was asked for.

    Each has `match` (a pattern over "METHOD /path"), `times`, and `kind`: `status` (with `status`, `headers`, `message`), `reset` (after
    `after` bytes of the body), `drop` (the request is not looked at), `lose` (it is carried out, and the answer is lost), `slow`
    (`seconds`), `hold` (until `release`). One that is `behind` comes when another request is held.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._list = []
        self.held, self.released = threading.Event(), threading.Event()

    def add(self, fault):
        with self._lock:
            if fault["kind"] == "hold":
                self.held, self.released = threading.Event(), threading.Event()
            self._list.append({"times": 1, **fault})

    def clear(self):
        with self._lock:
            self._list.clear()

    def take(self, line):
        with self._lock:
            for fault in self._list:
                if fault["times"] > 0 and re.search(fault["match"], line):
                    fault["times"] -= 1
                    return fault
        return None


class Blobs:
    """Files behind links that hold for a minute, on another port."""

    def __init__(self):
        self._lock = threading.Lock()
        self._files = {}

    def link(self, base, body, name, kind):
        key = secrets.token_urlsafe(18)
        with self._lock:
            self._files[key] = (time.time() + 60, body, kind)
        return f"{base}/blob/{key}/{urllib.parse.quote(name)}?sig={secrets.token_hex(8)}"

    def get(self, path):
        parts = path.split("/")
        with self._lock:
            entry = self._files.get(parts[2]) if len(parts) > 3 and parts[1] == "blob" else None
        if not entry or entry[0] < time.time():
            raise Problem(403, "AuthenticationFailed")
        return Answer(200, body=entry[1], kind=entry[2])


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection. `server.take(method, path, query, headers, body)` gives the answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def address_string(self):
        return "client"

    def log_message(self, *arguments):
        pass

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        url = urllib.parse.urlsplit(self.path)
        path = re.sub(r"^/api(/v3)?(?=/)", "", url.path)
        fault = self.server.faults.take(f"{self.command} {path}") if not path.startswith("/_double") else None
        self.server.note(self.command, path, url.query, self.headers, fault)
        kind = fault["kind"] if fault else None
        if fault and fault.get("behind"):
            self.server.faults.held.wait()
        if kind == "hold":
            self.server.faults.held.set()
            self.server.faults.released.wait()
        if kind == "slow":
            time.sleep(fault["seconds"])
        if kind == "drop":
            return self._reset()
        if kind == "status":
            answer = Problem(fault["status"], fault.get("message", "injected")).answer
            answer.headers.update(fault.get("headers", {}))
        else:
            try:
                answer = self.server.take(self.command, path, url.query, self.headers, body)
            except Problem as problem:
                answer = problem.answer
        if kind == "lose":
            return self._reset()
        self._send(answer, fault["after"] if kind == "reset" else None)

    def _send(self, answer, cut):
        if self.command == "GET" and answer.status == 200 and answer.headers.get("Content-Type", "").startswith("application/json"):
            tag = 'W/"' + hashlib.sha256(answer.body).hexdigest() + '"'
            answer.headers["ETag"] = tag
            if self.headers.get("If-None-Match") == tag:
                answer = Answer(304, headers={"ETag": tag})
        self.send_response(answer.status)
        for name, value in {**self.server.fields(), **answer.headers}.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD" or answer.status in (204, 304):
            return
        if cut is not None and cut < len(answer.body):
            self.wfile.write(answer.body[:cut])
            self.wfile.flush()
            time.sleep(0.05)
            return self._reset()
        self.wfile.write(answer.body)

    def _reset(self):
        self.close_connection = True
        if self.connection.family != socket.AF_UNIX:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ValueError, OSError):
            pass

    def finish(self):
        try:
            super().finish()
        except (ConnectionError, ValueError, OSError):
            pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves `take`; keeps which requests came."""

    daemon_threads = True
    request_queue_size = 128
    handler = Handler

    def __init__(self, address, take, faults, fields=dict):
        self.take = take
        self.faults = faults
        self.fields = fields
        self.requests = []
        super().__init__(address, self.handler)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1] if self.server_address else 0

    def note(self, method, path, query, headers, fault):
        if not path.startswith("/_double"):
            self.requests.append(
                {
                    "time": time.time(),
                    "method": method,
                    "path": path,
                    "query": query,
                    "authorised": "Authorization" in headers,
                    "agent": headers.get("User-Agent", ""),
                    "fault": fault["kind"] if fault else None,
                }
            )

    def handle_error(self, request, client_address):
        if os.environ.get("DOUBLE_TRACE"):
            super().handle_error(request, client_address)


class SocketHandler(Handler):
    """The same where there is no TCP."""

    disable_nagle_algorithm = False


class SocketServer(Server):
    """The same over a Unix socket: gh speaks plain HTTP there and believes in github.com."""

    address_family = socket.AF_UNIX
    handler = SocketHandler

    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "github.com", 0

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("socket", 0)
