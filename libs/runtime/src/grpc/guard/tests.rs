use http::HeaderValue;

use super::*;

#[track_caller]
fn check(header: &str, expected: Option<&str>) {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::try_from(header).unwrap());
    let found = Bearer::of(&headers);
    assert_eq!(found.as_ref().map(Bearer::expose), expected, "{header}");
}

#[test]
fn a_token_is_what_follows_the_scheme() {
    check("Bearer a.b.c", Some("a.b.c"));
    check("bearer  a.b.c ", Some("a.b.c"));
    check("Basic a.b.c", None);
    check("Bearer ", None);
    check("Bearer", None);
    assert!(Bearer::of(&HeaderMap::new()).is_none());
}

#[test]
fn no_log_shows_a_token() {
    let token = Bearer::new("secret");
    assert!(!format!("{token:?}").contains("secret"));
}
