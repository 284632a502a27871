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

With `--tls-dir` a service asks this table about every call: the caller is who its certificate says. It is made from
`libs/proto/src/access.rs`. Without `--tls-dir` nobody is asked.

A certificate names a service by a DNS name among its subject alternative names,
`SERVICE.INSTALLATION.services.tributary.dev`: `merger.tributary.services.tributary.dev` where the installation has the default
name. `client` is for people and their tools. Nobody resolves these names; with grpcurl say `-authority`.

- Without a certificate every call is UNAUTHENTICATED; with one of another service, another installation or no service
  PERMISSION_DENIED; with one that has ended, or of another authority, there is no connection.
- A programmer hears, and tells, of load balancers of its own kind only: alb-programmer of ALBs, nlb-programmer of NLBs.
- Health and reflection are for every service and client.

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
        assert_eq!(Caller::by_name(caller.name()), Some(caller));
    }
    assert_eq!(Caller::by_name("Merger"), None);
}
