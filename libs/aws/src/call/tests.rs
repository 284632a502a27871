use super::lasting;

#[track_caller]
fn check(message: &str, expected: &str) {
    assert_eq!(lasting(message), expected);
}

#[test]
fn a_text_has_no_cipher_that_differs_between_tries() {
    check(
        "You are not authorized. Encoded authorization failure message: x7Yq",
        "You are not authorized.",
    );
}

#[test]
fn any_other_text_is_told_whole() {
    check(
        "A load balancer with the same name exists",
        "A load balancer with the same name exists",
    );
}
