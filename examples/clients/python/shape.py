"""What is shown of a listener, under the names of `tributary get listeners -o json`."""

from tributary.types.v1 import key_pb2, view_pb2

STATE = "LISTENER_STATE_"


def show(view: view_pb2.ListenerView) -> dict:
    resolved = view.resolved
    return {
        "owner": owner(resolved.listener),
        "listener": resolved.listener.name,
        "gateway": {"namespace": resolved.gateway.namespace, "name": resolved.gateway.name},
        "port": resolved.port,
        "protocol": resolved.protocol,
        "hostname": resolved.hostname if resolved.HasField("hostname") else None,
        "state": camel_case(view_pb2.ListenerState, STATE, view.state),
        "reason": view.reason if view.HasField("reason") else None,
        "attachedRoutes": len(resolved.attached_routes),
        "dnsName": view.dns_name if view.HasField("dns_name") else None,
        "elbListener": view.elb_listener if view.HasField("elb_listener") else None,
    }


def owner(listener: key_pb2.ListenerRef) -> dict:
    return {
        "kind": camel_case(key_pb2.Kind, "KIND_", listener.owner.kind),
        "namespace": listener.owner.key.namespace,
        "name": listener.owner.key.name,
    }


def key(listener: key_pb2.ListenerRef) -> tuple:
    """A listener's identity: names repeat freely between owners."""
    return (*owner(listener).values(), listener.name)


def camel_case(enum, prefix: str, number: int) -> str:
    """LISTENER_STATE_NOT_SERVED as NotServed. A value of a later version is shown as its number."""
    if number not in enum.values():
        return str(number)
    words = enum.Name(number).removeprefix(prefix).split("_")
    return "".join(word.capitalize() for word in words)


def parse_state(word: str) -> int:
    states = {camel_case(view_pb2.ListenerState, STATE, number): number for number in view_pb2.ListenerState.values() if number}
    return states[word]
