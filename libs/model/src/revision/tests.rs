use super::Revision;

/// Computed by a Python program from the doc comment: what any build of any merger has to say.
#[test]
fn a_revision_is_the_same_in_every_build() {
    let revision = Revision::of(["443", "HTTPS", "a.example.com"]);
    assert_eq!(revision, Revision(0xeec7_6fb7_3779_98b0));
    assert_eq!(Revision::of([]), Revision(0xcbf2_9ce4_8422_2325));
    assert_eq!(Revision::of(["ü"]), Revision(0x594f_f3cc_17d8_0e78));
}

#[test]
fn texts_do_not_run_into_each_other() {
    assert_ne!(Revision::of(["a", "bc"]), Revision::of(["ab", "c"]));
    assert_ne!(Revision::of(["a", ""]), Revision::of(["a"]));
}
