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

With `--tls-dir`, a service checks each call against the table at the end of this page. The caller is the service that its certificate names, or the
owner of its token. The table is generated from `libs/proto/src/access.rs`. Without `--tls-dir` nothing is checked.

A certificate names a service in a DNS subject alternative name, `SERVICE.INSTALLATION.services.tributary.dev`, for example
`merger.tributary.services.tributary.dev` for the default installation. `client` is for people and their tools. These names are never
resolved; with grpcurl use `-authority`.

- A call without certificate and token gets UNAUTHENTICATED. A certificate of another service, another installation or no service gets
  PERMISSION_DENIED. With an expired certificate, or one of another authority, there is no connection.
- A programmer sees, and reports on, load balancers of its own kind only: alb-programmer ALBs, nlb-programmer NLBs.
- Health and reflection are open to every service, client and token.

## Tokens

A merger with `--token-review` accepts `authorization: Bearer TOKEN` instead of a certificate: the token that kubectl sends, or a
ServiceAccount token for the audience `merger.INSTALLATION.services.tributary.dev`, which is useless elsewhere. The API server
identifies the owner (TokenReview) and decides what it may see (SubjectAccessReview): `get`, `list` or `watch` on `resolvedlisteners` in
`gateway.tributary.dev`, a resource that exists for RBAC only. deploy/rbac has a ClusterRole for it, which `view` includes.

| RPC | verb | namespace that is checked |
|---|---|---|
| ListListeners, ListObjects | list | that of the filter; all namespaces without one |
| WatchListeners | watch | the same |
| GetListener, Explain | get | that of the object; all namespaces for a GatewayClass |
| ListLoadBalancers | list | all namespaces |
| WaitSettled | watch | all namespaces |
| GetHealth | get | all namespaces |

- A caller with the right in all namespaces sees everything, as with a client certificate. A caller with the right in one namespace sees that namespace: a
  rival elsewhere is `a listener of another namespace`, and routes elsewhere are a number.
- An answer of the API server counts for up to 30 seconds, a refusal for up to 5. A watch is checked again every 30 seconds and ends within a
  minute after the token or the right has ended.
- UNAUTHENTICATED: the token is unknown, expired, or for another audience. PERMISSION_DENIED: the right is missing; verb and namespace are named.
  UNAVAILABLE: the API server does not answer, or this merger does not lead; try the next address, or again. RESOURCE_EXHAUSTED: too many calls. In doubt a call is refused.
- One identity has 20 calls a second (200 after a rest) and 64 streams and waits at once; more are
  RESOURCE_EXHAUSTED. From one address, 20 new tokens a second are checked (100 after a rest).

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
