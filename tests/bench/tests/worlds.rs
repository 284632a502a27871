//! The worlds as files are those of the testkit: both kinds of benchmark measure the same.
#![cfg(test)]

use std::sync::Arc;

use tempfile::TempDir;
use tributary_folder::{Folder, Reading};
use tributary_model::{Resource, Timestamp};
use tributary_testkit::worlds::{S, Size, world};

fn check(size: Size) {
    let folder = TempDir::new().unwrap();
    tributary_tests_bench::world(size).write(folder.path());
    let mut source = Folder::open(folder.path().to_owned(), None, None).unwrap();
    let Reading {
        objects,
        rejections,
        complete: _,
        withheld: _,
    } = source.read(Timestamp(0)).unwrap();
    assert_eq!(rejections, []);
    let mut expected = world(size);
    expected.sort_by_key(Resource::object_ref);
    let got: Vec<Resource> = objects
        .into_values()
        .map(|object| Arc::unwrap_or_clone(object.resource))
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn files_hold_what_the_testkit_makes() {
    check(S);
}

#[test]
fn files_hold_what_the_testkit_makes_of_many_gateways() {
    check(Size {
        gateways: 3,
        sets: 61,
        routes: 2,
    });
}
