use super::*;

const MADE: Timestamp = Timestamp(1_800_000_000);
const ENDS: Timestamp = Timestamp(1_900_000_000);
const LIFE: Validity = Validity {
    from: MADE,
    until: ENDS,
};
const NAME: &str = "merger.west.services.tributary.dev";

fn names() -> Vec<String> {
    vec![NAME.to_owned(), "west-merger.west.svc".to_owned()]
}

fn signer() -> Signer {
    Signer::new("west", LIFE).unwrap()
}

#[test]
fn what_is_signed_says_whose_it_is_by_whom_and_how_long() {
    let signer = signer();
    let leaf = signer.sign(&names(), LIFE).unwrap();
    let identity = identity(&leaf.certificate, &leaf.key).unwrap();
    let expected = Identity {
        names: names(),
        by: signer.authority.id.clone(),
        validity: LIFE,
    };
    assert_eq!(identity, expected);
    assert_eq!(signer.authority.validity, LIFE);
    assert!(!signer.authority.id.is_empty());
}

#[test]
fn an_authority_that_is_read_again_signs_as_before() {
    let made = signer();
    let read = Signer::read(&made.certificate, &made.key).unwrap();
    assert_eq!(read.authority, made.authority);
    let leaf = read.sign(&names(), LIFE).unwrap();
    let (first, second) = (
        certificates(&leaf.certificate),
        certificates(&made.certificate),
    );
    let (_, leaf) = X509Certificate::from_der(first[0].contents()).unwrap();
    let (_, authority) = X509Certificate::from_der(second[0].contents()).unwrap();
    assert_eq!(leaf.issuer(), authority.subject());
    assert!(authority.is_ca() && !leaf.is_ca());
}

#[test]
fn two_authorities_have_neither_name_nor_key_in_common() {
    let later = Validity {
        from: Timestamp(MADE.0 + 1),
        until: ENDS,
    };
    let (one, two) = (signer(), Signer::new("west", later).unwrap());
    assert_ne!(one.authority.id, two.authority.id);
    assert!(Signer::read(&one.certificate, &two.key).is_none());
    let both = [&*two.certificate, "anything\n", &*one.certificate].concat();
    let found: Vec<_> = authorities(&both).into_iter().map(|(it, _)| it).collect();
    assert_eq!(found, [two.authority, one.authority]);
}

#[test]
fn what_cannot_be_used_is_nothing() {
    let signer = signer();
    let (one, two) = (
        signer.sign(&names(), LIFE).unwrap(),
        signer.sign(&names(), LIFE).unwrap(),
    );
    assert_eq!(identity(&one.certificate, &two.key), None);
    assert_eq!(identity("", &one.key), None);
    assert_eq!(identity(&one.certificate, ""), None);
    assert_eq!(identity(&one.key, &one.key), None);
    assert_eq!(authorities("none"), []);
    // One that signs nothing is no authority.
    assert_eq!(authorities(&one.certificate), []);
}
