use std::time::Instant;

use http::Request;
use http::header::AUTHORIZATION;
use tempfile::TempDir;

use super::{AGAIN, TokenFile};

fn sent(file: &TokenFile) -> String {
    let request = file.authorize(Request::new(()));
    let header = &request.headers()[AUTHORIZATION];
    assert!(header.is_sensitive());
    header.to_str().expect("text").to_owned()
}

/// As if the last read were so long ago.
fn age(file: &TokenFile) {
    file.last.lock().expect("nobody panicked").read = Instant::now()
        .checked_sub(AGAIN)
        .expect("the machine runs for a second");
}

#[test]
fn a_file_that_was_written_anew_counts_and_one_that_is_gone_does_not() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("token");
    TokenFile::open(&path).expect_err("there is no file");
    std::fs::write(&path, "one\n").expect("a file");
    let file = TokenFile::open(&path).expect("a token");
    assert_eq!(sent(&file), "Bearer one");

    std::fs::write(&path, "two").expect("a file");
    age(&file);
    assert_eq!(sent(&file.clone()), "Bearer two");
    assert_eq!(sent(&file), "Bearer two");

    std::fs::remove_file(&path).expect("it is there");
    age(&file);
    assert_eq!(sent(&file), "Bearer two");
}
