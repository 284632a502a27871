"""The way to the merger."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

OPTIONS = [
    # The least time that a connection, TLS and all, is given: so many seconds are the most here.
    ("grpc.min_reconnect_backoff_ms", 3_000),
    # Each channel has a connection of its own: gRPC would go on with an old one, and with its waits.
    ("grpc.use_local_subchannel_pool", 1),
]


ASK_SECONDS = 1.0
ANSWER_SECONDS = 3.0


@contextmanager
def while_alive(channel: grpc.Channel, call: grpc.Call) -> Iterator[None]:
    """Cancels a call once the server has been silent for too long: one that hangs is found within five seconds, even if nothing
    is to be told."""
    over = threading.Event()
    # An empty request asks about the server as a whole. Whatever it answers, it is there.
    check = channel.unary_unary("/grpc.health.v1.Health/Check")

    def ask() -> None:
        while not over.wait(ASK_SECONDS):
            try:
                check(b"", timeout=ANSWER_SECONDS)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
                    call.cancel()
                    return
            except ValueError:
                # The channel was closed.
                return

    threading.Thread(target=ask, daemon=True).start()
    try:
        yield
    finally:
        over.set()


@dataclass(frozen=True)
class Server:
    """Where the merger is, whom we believe to be it, and who we are."""

    address: str
    name: str
    ca: str | None
    cert: str | None
    key: str | None
    token_file: str | None
    plaintext: bool

    def connect(self) -> grpc.Channel:
        """Reads the files anew, so that renewed certificates count from the next connection on. The connection is made
        with the first call."""
        if self.plaintext:
            return grpc.insecure_channel(self.address, OPTIONS)
        credentials = grpc.ssl_channel_credentials(read(self.ca), read(self.key), read(self.cert))
        if self.token_file is not None:
            token = grpc.metadata_call_credentials(Token(self.token_file))
            credentials = grpc.composite_channel_credentials(credentials, token)
        return grpc.secure_channel(
            self.address, credentials, [*OPTIONS, ("grpc.ssl_target_name_override", self.name)]
        )


class Token(grpc.AuthMetadataPlugin):
    """The token in a file, which the kubelet renews in place: it is read for each request."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __call__(self, context, callback) -> None:
        try:
            token = Path(self.file).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            callback((), error)
        else:
            callback((("authorization", f"Bearer {token}"),), None)


def read(file: str | None) -> bytes | None:
    return None if file is None else Path(file).read_bytes()
