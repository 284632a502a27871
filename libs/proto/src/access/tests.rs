use std::collections::BTreeSet;
use std::fmt::Write as _;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::*;

#[test]
fn every_rpc_of_the_contracts_is_in_the_table_once() {
    let set = FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
    let mut rpcs = BTreeSet::new();
    for file in set.file {
        for service in &file.service {
            for method in &service.method {
                rpcs.insert(format!(
                    "/{}.{}/{}",
                    file.package(),
                    service.name(),
                    method.name()
                ));
            }
        }
    }
    let table: BTreeSet<String> = ACCESS.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(table, rpcs);
    assert_eq!(table.len(), ACCESS.len());
}

/// `UPDATE_GOLDEN=1` writes it.
#[test]
fn golden_the_table_is_in_the_reference() {
    let mut table = String::from(INTRODUCTION);
    table.push_str("| RPC |");
    for caller in Caller::ALL {
        write!(table, " {} |", caller.name()).unwrap();
    }
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(Caller::ALL.len()));
    for (path, callers) in ACCESS {
        write!(table, "\n| `{}` |", path.trim_start_matches('/')).unwrap();
        for caller in Caller::ALL {
            table.push_str(if callers.contains(&caller) {
                " yes |"
            } else {
                " |"
            });
        }
    }
    table.push('\n');
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/rpcs.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), table);
}

const INTRODUCTION: &str = "# Who may call what

With `--tls-dir` a service asks this table about every call: the caller is who its certificate says, or whose its token is. It is
made from `libs/proto/src/access.rs`. Without `--tls-dir` nobody is asked.

A certificate names a service by a DNS name among its subject alternative names,
`SERVICE.INSTALLATION.services.tributary.dev`: `merger.tributary.services.tributary.dev` where the installation has the default
name. `client` is for people and their tools. Nobody resolves these names; with grpcurl say `-authority`.

- Without a certificate and a token every call is UNAUTHENTICATED; with one of another service, another installation or no service
  PERMISSION_DENIED; with one that has ended, or of another authority, there is no connection.
- A programmer hears, and tells, of load balancers of its own kind only: alb-programmer of ALBs, nlb-programmer of NLBs.
- Health and reflection are for every service, client and token.

## Tokens

A merger with `--token-review` takes `authorization: Bearer TOKEN` from who has no certificate: what kubectl sends, or a
ServiceAccount's token for the audience `merger.INSTALLATION.services.tributary.dev`, which is worth nothing elsewhere. The API server
says whose it is (TokenReview) and what may be seen (SubjectAccessReview): `get`, `list` or `watch` of `resolvedlisteners` in
`gateway.tributary.dev`, which is a name for RBAC alone. deploy/rbac has a ClusterRole for it, that `view` includes.

| RPC | verb | asked about |
|---|---|---|
| ListListeners, ListObjects | list | the namespace of the filter; every namespace without one |
| WatchListeners | watch | the same |
| GetListener, Explain | get | the namespace of the object; every namespace for a GatewayClass |
| ListLoadBalancers | list | every namespace |
| WaitSettled | watch | every namespace |
| GetHealth | get | every namespace |

- Who may do it in every namespace reads everything, as with a client's certificate. Who may do it in one reads what is in that
  one: of a rival elsewhere only the class (`a listener of another namespace`), of routes elsewhere how many.
- What the API server said counts for up to 30 seconds, a refusal for up to 5. Every 30 seconds a watch is asked about again, and cut
  off when the token or the right has ended: within a minute.
- UNAUTHENTICATED: the token is nobody's, has ended, or is for others. PERMISSION_DENIED: no right, with the verb and the namespace.
  UNAVAILABLE: the API server does not say, or this merger does not lead: ask the next, or once more. RESOURCE_EXHAUSTED: too many questions at once. Nothing of it is open by mistake.
- One identity, by certificate or token, has 20 questions a second (200 after a rest) and 64 streams and waits at once; more are
  RESOURCE_EXHAUSTED. From one address 20 new tokens a second are looked at (100 after a rest).

";

#[test]
fn nobody_may_call_what_is_not_in_the_table() {
    for caller in Caller::ALL {
        assert!(!may_call(
            "/tributary.snapshot.v1.SnapshotService/Other",
            caller
        ));
        assert!(!may_call("/", caller));
        assert!(may_call("/grpc.health.v1.Health/Check", caller));
    }
}

#[test]
fn a_caller_is_known_by_its_name() {
    for caller in Caller::ALL {
        let by_certificate = (caller != Caller::Token).then_some(caller);
        assert_eq!(Caller::by_name(caller.name()), by_certificate);
    }
    assert_eq!(Caller::by_name("Merger"), None);
}
