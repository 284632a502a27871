use tributary_model::ObjectRef;
use tributary_model::resource::Resource;
use tributary_testkit::workloads;

use super::{Difference, Seeds};

/// Something that the watcher says.
enum Said {
    Is(Resource),
    Gone(ObjectRef),
}

use Said::{Gone, Is};

fn slice(service: &str, addresses: &[&str]) -> Said {
    Is(workloads::endpoints(service, 8080, addresses))
}

fn no_slice(service: &str) -> Said {
    Gone(workloads::endpoints(service, 8080, &[]).object_ref())
}

fn node(name: &str, instance: &str) -> Said {
    Is(workloads::node(name, instance))
}

fn no_node(name: &str) -> Said {
    Gone(workloads::node(name, "").object_ref())
}

/// What the last of these changes comes to, after the others.
#[track_caller]
fn check(said: Vec<Said>, expected: &[&str]) {
    let mut seeds = Seeds::default();
    let mut last = Difference::default();
    for said in said {
        match said {
            Is(resource) => seeds.apply(&resource),
            Gone(object) => seeds.delete(&object),
        }
        last = seeds.difference();
    }
    let Difference { gone, come } = last;
    let mut got: Vec<String> = gone.iter().map(|address| format!("- {address}")).collect();
    got.extend(come.iter().map(|seed| match &seed.instance_id {
        None => format!("+ {}", seed.address),
        Some(instance) => format!("+ {} {instance}", seed.address),
    }));
    assert_eq!(got, expected);
}

#[test]
fn each_address_of_endpoints_has_an_interface() {
    check(
        vec![slice("web", &["10.0.0.1", "2001:db8::1"])],
        &["+ 10.0.0.1", "+ 2001:db8::1"],
    );
}

#[test]
fn addresses_that_change_are_followed() {
    check(
        vec![
            slice("web", &["10.0.0.1", "10.0.0.2"]),
            slice("web", &["10.0.0.2", "10.0.0.3"]),
        ],
        &["- 10.0.0.1", "+ 10.0.0.3"],
    );
}

#[test]
fn nothing_changed_is_nothing_to_do() {
    let web = || slice("web", &["10.0.0.1"]);
    check(vec![web(), web()], &[]);
    check(vec![node("a", "i-1"), node("a", "i-1")], &[]);
}

#[test]
fn a_slice_that_goes_takes_its_addresses_along() {
    check(
        vec![slice("web", &["10.0.0.1"]), no_slice("web")],
        &["- 10.0.0.1"],
    );
}

#[test]
fn an_address_of_two_slices_stays_until_the_last_one_goes() {
    let both = || vec![slice("web", &["10.0.0.1"]), slice("admin", &["10.0.0.1"])];
    let mut said = both();
    check(both(), &[]);
    said.push(no_slice("web"));
    check(said, &[]);
    let mut said = both();
    said.extend([no_slice("web"), no_slice("admin")]);
    check(said, &["- 10.0.0.1"]);
}

#[test]
fn each_node_is_an_instance_with_an_address_of_its_own() {
    check(
        vec![node("a", "i-1"), node("b", "i-2")],
        &["+ 198.18.0.2 i-2"],
    );
}

#[test]
fn the_address_of_a_node_that_went_is_free_again() {
    let before = || vec![node("a", "i-1"), node("b", "i-2"), no_node("a")];
    check(before(), &["- 198.18.0.1"]);
    let mut said = before();
    said.push(node("c", "i-3"));
    check(said, &["+ 198.18.0.1 i-3"]);
}

#[test]
fn a_node_that_is_another_instance_now_is_no_longer_the_former() {
    check(
        vec![node("a", "i-1"), node("a", "i-2")],
        &["- 198.18.0.1", "+ 198.18.0.1 i-2"],
    );
}

/// One of the host's network, say.
#[test]
fn a_pod_at_a_nodes_address_takes_it_from_nobody() {
    let pod = || slice("web", &["198.18.0.1"]);
    check(vec![node("a", "i-1"), pod()], &[]);
    check(vec![node("a", "i-1"), pod(), no_slice("web")], &[]);
    check(
        vec![node("a", "i-1"), pod(), no_node("a")],
        &["- 198.18.0.1", "+ 198.18.0.1"],
    );
}
