"""Asks Tributary which listeners there are, once or for as long as it runs, and prints JSON: a line for each listener,
or for each change. What it has to say about itself goes to stderr."""

import argparse
import json
import sys

import grpc

import listing
import shape
import watching
from server import Server
from tributary.listeners.v1 import listeners_pb2
from tributary.types.v1 import key_pb2


def main() -> int:
    parser = argparse.ArgumentParser(prog="client", description=__doc__, allow_abbrev=False)
    parser.add_argument("command", choices=["list", "watch"])
    parser.add_argument("--server", metavar="ADDRESS", default="127.0.0.1:7070", help="of the merger")
    parser.add_argument(
        "--server-name",
        metavar="NAME",
        default="merger.tributary.services.tributary.dev",
        help="in the merger's certificate",
    )
    parser.add_argument("--ca", metavar="FILE", help="certificates of those who sign the merger's")
    parser.add_argument("--cert", metavar="FILE", help="a client certificate")
    parser.add_argument("--key", metavar="FILE", help="its key")
    parser.add_argument("--token-file", metavar="FILE", help="a token, read for each request")
    parser.add_argument("--plaintext", action="store_true", help="without TLS, for `tributary up` on this machine")
    parser.add_argument("--namespace", help="of owners in this namespace")
    parser.add_argument("--gateway", metavar="NAMESPACE/NAME", help="on the load balancer of this Gateway")
    parser.add_argument("--state", metavar="STATES", default="", help="in one of these: Programmed,Conflicted")
    parser.add_argument("--hostname", help="that declare this hostname; an empty one: that declare none")
    parser.add_argument(
        "--label", metavar="KEY=VALUE", action="append", default=[], help="of owners with this label; several must all hold"
    )
    parser.add_argument("--page-size", type=int, default=100, help="listeners that are asked for at a time")
    args = parser.parse_args()

    filter = listeners_pb2.ListenerFilter(namespace=args.namespace, hostname=args.hostname)
    if args.gateway is not None:
        namespace, slash, name = args.gateway.partition("/")
        if not slash:
            parser.error(f"--gateway {args.gateway}: expected namespace/name")
        filter.gateway.CopyFrom(key_pb2.ObjectKey(namespace=namespace, name=name))
    try:
        filter.states.extend(shape.parse_state(word) for word in args.state.split(",") if word)
    except KeyError as word:
        parser.error(f"--state {word}: there is no such state")
    for label in args.label:
        key, equals, value = label.partition("=")
        if not equals:
            parser.error(f"--label {label}: expected KEY=VALUE")
        # `match_expressions` has the rest of what Kubernetes can select by: In, NotIn, Exists, DoesNotExist.
        filter.labels.match_labels[key] = value
    if args.plaintext and args.token_file:
        parser.error("--token-file: a token goes over TLS only")
    server = Server(
        address=args.server,
        name=args.server_name,
        ca=args.ca,
        cert=args.cert,
        key=args.key,
        token_file=args.token_file,
        plaintext=args.plaintext,
    )

    def show(item: dict) -> None:
        print(json.dumps(item), flush=True)

    try:
        if args.command == "list":
            listing.list_listeners(server, filter, args.page_size, show)
        else:
            watching.watch(server, filter, show)
    except grpc.RpcError as error:
        print(f"Error: {error.code().name}: {error.details()}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
