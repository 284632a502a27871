use super::*;

#[track_caller]
fn check(claims: &str, expected: bool) {
    let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
    assert_eq!(is_for(&token, "merger.west"), expected, "{claims}");
}

#[test]
fn a_token_is_asked_about_by_the_audience_that_it_names() {
    check(r#"{"aud":["merger.west"]}"#, true);
    check(r#"{"aud":["other","merger.west"]}"#, true);
    check(r#"{"aud":"merger.west"}"#, true);
    check(r#"{"aud":["https://kubernetes.default.svc"]}"#, false);
    check(r#"{"aud":7}"#, false);
    check("{}", false);
    check("no json", false);
    for token in ["", "opaque", "a.b.c", "..", "a.%%%.c"] {
        assert!(!is_for(token, "merger.west"), "{token}");
    }
}
