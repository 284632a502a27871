"""What both sides are asked, in this order: later cases use what earlier ones made.

A case is a name, a call and, for a mistake, what takes it back where it was no mistake. Calls are written against
compare.Side: `s.elb` and so on are clients, `s["web"]` is an ARN or identifier that was kept under that name.
"""

from . import certificates, ends, interfaces, listeners, load_balancers, network, rules, target_groups

PARTS = [
    network.identity,
    network.network,
    network.security_groups,
    interfaces.interfaces,
    interfaces.instances,
    interfaces.prefix_lists,
    certificates.certificates,
    load_balancers.load_balancers,
    target_groups.target_groups,
    target_groups.targets,
    listeners.listeners,
    rules.rules,
    ends.tagging,
    ends.nowhere,
    ends.deletes,
]
