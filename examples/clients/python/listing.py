"""All listeners, once."""

import sys
import time
from collections.abc import Callable

import grpc

import shape
from retry import FINAL, delay_after
from server import Server, while_alive
from tributary.listeners.v1 import listeners_pb2, listeners_pb2_grpc

# A page comes from memory: a server that needs longer is stuck.
PAGE_DEADLINE_SECONDS = 30

# A merger that is restarted, and another one that takes over, are back within this many attempts.
ATTEMPTS = 8


def list_listeners(
    server: Server, filter: listeners_pb2.ListenerFilter, page_size: int, show: Callable[[dict], None]
) -> None:
    """Page by page. What is there all the time is shown once, whatever changes meanwhile."""
    request = listeners_pb2.ListListenersRequest(filter=filter, page_size=page_size)
    page = 1
    while True:
        parts = surely(server, request)
        listeners = [view for part in parts for view in part.listeners]
        print(f"page {page}: {len(listeners)} listeners", file=sys.stderr)
        for view in listeners:
            show(shape.show(view))
        request.page_token = parts[-1].next_page_token
        if not request.page_token:
            return
        page += 1


def surely(
    server: Server, request: listeners_pb2.ListListenersRequest
) -> list[listeners_pb2.ListListenersResponse]:
    """A page, asked for again where that may help. Nothing of it is shown before it is whole."""
    failures = 0
    while True:
        try:
            return one_page(server, request)
        except grpc.RpcError as error:
            is_stuck = error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
            if error.code() in FINAL or is_stuck or failures + 1 >= ATTEMPTS:
                raise
            delay = delay_after(failures)
            failures += 1
            print(f"failed: {error.code().name}: {error.details()}; again in {delay:.2f} s", file=sys.stderr, flush=True)
        time.sleep(delay)


def one_page(
    server: Server, request: listeners_pb2.ListListenersRequest
) -> list[listeners_pb2.ListListenersResponse]:
    """A page comes in several messages if it is large; the stream's regular end says that it is whole."""
    # A connection of its own: where one address stands for several mergers, maybe to another than the last time.
    with server.connect() as channel:
        stub = listeners_pb2_grpc.ListenersServiceStub(channel)
        parts = stub.ListListeners(request, timeout=PAGE_DEADLINE_SECONDS)
        with while_alive(channel, parts):
            return list(parts)
