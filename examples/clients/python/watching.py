"""Every listener, then every change."""

import sys
import time
from collections.abc import Callable

import grpc

import shape
from retry import FINAL, delay_after
from server import Server, while_alive
from tributary.listeners.v1 import listeners_pb2, listeners_pb2_grpc


def watch(server: Server, filter: listeners_pb2.ListenerFilter, show: Callable[[dict], None]) -> None:
    """For as long as it runs: also across lost connections and restarts of the merger, without a gap and without saying
    anything twice."""
    # What is wrong with a file is said at once. Later it may be in the middle of a renewal.
    server.connect().close()
    watching = Watching(show)
    while True:
        try:
            channel = server.connect()
        except OSError as error:
            why = str(error)
        else:
            why = watching.follow(channel, filter)
        delay = delay_after(watching.failures)
        watching.failures += 1
        print(f"lost: {why}; again in {delay:.2f} s", file=sys.stderr)
        time.sleep(delay)


class Watching:
    """What was shown, which is the state of the server at the position `resume`."""

    def __init__(self, show: Callable[[dict], None]) -> None:
        self.show = show
        self.known: dict[tuple, dict] = {}
        self.resume = None
        self.failures = 0

    def follow(self, channel: grpc.Channel, filter: listeners_pb2.ListenerFilter) -> str:
        """Reads one stream to its end, and says why it ended."""
        with channel:
            try:
                self.read(channel, filter)
            except grpc.RpcError as error:
                if error.code() in FINAL:
                    raise
                return f"{error.code().name}: {error.details()}"
        return "the server ended the stream"

    def read(self, channel: grpc.Channel, filter: listeners_pb2.ListenerFilter) -> None:
        stub = listeners_pb2_grpc.ListenersServiceStub(channel)
        request = listeners_pb2.WatchListenersRequest(filter=filter, resume_after=self.resume)
        # A listing counts when it is complete: until then what is not in it may still come.
        listing: dict[tuple, dict] = {}
        begun = None
        messages = stub.WatchListeners(request)
        with while_alive(channel, messages):
            for message in messages:
                self.failures = 0
                match message.WhichOneof("event"):
                    case "init":
                        listing, begun = {}, message.position
                    case "init_apply":
                        view = message.init_apply
                        listing[shape.key(view.resolved.listener)] = shape.show(view)
                    case "init_done":
                        self.replace(listing)
                        # What changed during the listing is told behind it, from where it began.
                        self.resume = begun
                        print(f"listed: {len(listing)} listeners", file=sys.stderr, flush=True)
                    case "apply":
                        view = message.apply
                        self.apply(shape.key(view.resolved.listener), shape.show(view))
                        self.resume = message.position
                    case "delete":
                        self.remove(shape.key(message.delete))
                        self.resume = message.position
                    case _:
                        # Of a later version: nothing that this one asked for.
                        pass

    def replace(self, listing: dict[tuple, dict]) -> None:
        for key in self.known.keys() - listing.keys():
            self.remove(key)
        for key, listener in listing.items():
            self.apply(key, listener)

    def apply(self, key: tuple, listener: dict) -> None:
        before = self.known.get(key)
        if before == listener:
            return
        self.known[key] = listener
        self.show({"type": "ADDED" if before is None else "MODIFIED", "listener": listener})

    def remove(self, key: tuple) -> None:
        before = self.known.pop(key, None)
        if before is not None:
            self.show({"type": "DELETED", "listener": before})
