"""The health check of containers: what counts is the status."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from devstack.ports import free_port
from servicekit.probe import probe


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            if status == 503:
                self.wfile.write(b'{"status": "failing"}')

        def log_message(self, *_said: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "ends_with"), [(200, 0), (204, 1), (302, 1), (404, 1), (503, 1)])
def test_only_200_is_healthy(status: int, ends_with: int, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(status) as port:
        assert probe(port, "/health/pipeline") == ends_with

    assert capsys.readouterr().out.startswith(str(status))


def test_what_is_wrong_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(503) as port:
        probe(port, "/health/pipeline")

    assert capsys.readouterr().out == '503 Service Unavailable\n{"status": "failing"}'


def test_nobody_listening_is_no_health(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe(free_port(), "/health/pipeline") == 1

    assert capsys.readouterr().out == "ConnectionRefusedError\n"
