"""All listeners, once."""

import sys
from collections.abc import Callable

import shape
from server import Server
from tributary.listeners.v1 import listeners_pb2, listeners_pb2_grpc

# A page comes from memory: a server that needs longer is stuck.
PAGE_DEADLINE_SECONDS = 30


def list_listeners(
    server: Server, filter: listeners_pb2.ListenerFilter, page_size: int, show: Callable[[dict], None]
) -> None:
    """Page by page. What is there all the time is shown once, whatever changes meanwhile."""
    with server.connect() as channel:
        stub = listeners_pb2_grpc.ListenersServiceStub(channel)
        request = listeners_pb2.ListListenersRequest(filter=filter, page_size=page_size)
        page = 1
        while True:
            # A page comes in several messages if it is large; the stream's regular end says that it is whole.
            parts = list(stub.ListListeners(request, timeout=PAGE_DEADLINE_SECONDS))
            listeners = [view for part in parts for view in part.listeners]
            print(f"page {page}: {len(listeners)} listeners", file=sys.stderr)
            for view in listeners:
                show(shape.show(view))
            request.page_token = parts[-1].next_page_token
            if not request.page_token:
                return
            page += 1
