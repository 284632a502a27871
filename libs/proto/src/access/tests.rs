use std::collections::BTreeSet;

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
