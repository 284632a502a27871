use super::*;
use crate::decide::Validity;

const SINCE_THEN: Timestamp = Timestamp(1_800_000_000);
const LIFE: Validity = Validity {
    from: SINCE_THEN,
    until: Timestamp(1_900_000_000),
};
const NAME: &str = "merger.west.services.tributary.dev";
const MERGER: Object = Object::Identity(Caller::Merger);

fn frame(owner: Option<&str>) -> Frame {
    Frame {
        name: "west-tributary".to_owned(),
        namespace: "west".to_owned(),
        labels: BTreeMap::from([("app.kubernetes.io/instance".to_owned(), "west".to_owned())]),
        owner: owner.map(|uid| Account {
            key: ObjectKey::new("west", "west-tributary-certificates"),
            uid: uid.to_owned(),
        }),
        webhook: None,
    }
}

fn signer() -> Signer {
    Signer::new("west", LIFE).unwrap()
}

fn draft(signer: &Signer) -> DraftObject {
    let leaf = signer.sign(&[NAME.to_owned()], LIFE).unwrap();
    DraftObject::of_holder(MERGER, &signer.certificate, SINCE_THEN, Some(leaf))
}

#[test]
fn names_are_the_releases() {
    let mut frame = frame(None);
    frame.webhook = Some("tributary-west-gates".to_owned());
    let names: Vec<_> = Object::all(&frame)
        .map(|object| format!("{} {}", object.kind(), object.key(&frame).name))
        .collect();
    let expected = [
        "Secret west-tributary-authority",
        "Secret west-tributary-watcher-tls",
        "Secret west-tributary-merger-tls",
        "Secret west-tributary-alb-programmer-tls",
        "Secret west-tributary-nlb-programmer-tls",
        "Secret west-tributary-status-writer-tls",
        "Secret west-tributary-client-tls",
        "ConfigMap west-tributary-ca",
        "MutatingWebhookConfiguration tributary-west-gates",
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_was_written_is_read_again_and_not_written_again() {
    let signer = signer();
    let (keys, merger) = (
        DraftObject::of_authorities([&signer].into_iter()),
        draft(&signer),
    );
    let trust = DraftObject::of_holder(Object::Trust, &signer.certificate, SINCE_THEN, None);
    let frame = frame(Some("uid"));
    let read: Read = [&keys, &merger, &trust]
        .into_iter()
        .map(|draft| (draft.object, Some(draft.create(&frame))))
        .collect();
    let signers = signers(&read);
    let held = held(&read, &signers);
    assert_eq!(held.authorities, BTreeSet::from([signer.authority.clone()]));
    let trusted = Trust {
        authorities: held.authorities.clone(),
        since: Some(SINCE_THEN),
    };
    assert_eq!(held.holders["everybody"].trust, trusted);
    let Holder { trust, identity } = &held.holders["merger"];
    assert_eq!(*trust, trusted);
    assert_eq!(identity.as_ref().unwrap().names, [NAME]);
    assert_eq!(identity.as_ref().unwrap().by, signer.authority.id);
    assert_eq!(
        known(&read, &[]),
        BTreeMap::from([(signer.authority, signer.certificate.clone())])
    );
    let kept = DraftObject::of_holder(MERGER, &signer.certificate, SINCE_THEN, None);
    for (draft, object) in [(&keys, keys.object), (&merger, MERGER), (&kept, MERGER)] {
        assert_eq!(draft.patch(read[&object].as_ref().unwrap(), &frame), None);
    }
}

#[test]
fn what_others_wrote_stays_and_what_is_wrong_is_mended() {
    let signer = signer();
    let draft = draft(&signer);
    let mut found = draft.create(&frame(Some("uid")));
    found["metadata"]["labels"]["theirs"] = json!("yes");
    found["metadata"]["ownerReferences"] = json!([
        { "kind": "Other", "name": "a", "uid": "1" },
        { "kind": "ServiceAccount", "name": "west-tributary-certificates", "uid": "of the former" },
    ]);
    found["data"]["theirs"] = json!("eA==");
    found["data"]["ca.crt"] = json!("eA==");
    found["metadata"]["labels"]["app.kubernetes.io/component"] = json!("other");
    let patch = draft.patch(&found, &frame(Some("uid"))).unwrap();
    let expected = json!({
        "metadata": {
            "labels": { "app.kubernetes.io/component": "merger" },
            "ownerReferences": [
                { "kind": "Other", "name": "a", "uid": "1" },
                { "apiVersion": "v1", "kind": "ServiceAccount", "name": "west-tributary-certificates", "uid": "uid" },
            ],
        },
        "data": { "ca.crt": STANDARD.encode(&signer.certificate) },
    });
    assert_eq!(patch, expected);
}

#[test]
fn keys_of_an_authority_that_signs_no_more_are_deleted() {
    let (former, next) = (signer(), signer());
    let frame = frame(None);
    let found = DraftObject::of_authorities([&former, &next].into_iter()).create(&frame);
    let draft = DraftObject::of_authorities([&next].into_iter());
    let id = &former.authority.id;
    let expected = json!({ "data": { format!("{id}.crt"): null, format!("{id}.key"): null } });
    assert_eq!(draft.patch(&found, &frame), Some(expected));
}

#[test]
fn what_cannot_be_read_counts_as_nothing() {
    let read: Read = [Object::Authorities, MERGER]
        .into_iter()
        .map(|object| {
            let data = json!({ "a.crt": "!", "a.key": "eA==", "tls.crt": "eA==", "ca.crt": 1 });
            (object, Some(json!({ "metadata": {}, "data": data })))
        })
        .collect();
    assert!(signers(&read).is_empty());
    let trust = Trust {
        authorities: BTreeSet::new(),
        since: None,
    };
    let holder = Holder {
        trust,
        identity: None,
    };
    let expected = BTreeMap::from([("merger".to_owned(), holder)]);
    assert_eq!(held(&read, &[]).holders, expected);
}

#[test]
fn only_what_was_made_here_is_deleted() {
    assert!(is_ours(&draft(&signer()).create(&frame(None))));
    assert!(!is_ours(
        &json!({ "metadata": { "labels": { "app.kubernetes.io/managed-by": "Helm" } } })
    ));
    assert!(!is_ours(&json!({ "metadata": {} })));
}

#[test]
fn of_a_webhook_only_the_authorities_are_ours() {
    let (former, next) = (signer(), signer());
    let frame = frame(Some("uid"));
    let webhook = |bundle: Option<&str>| {
        let mut it = json!({ "name": "a.b.c", "sideEffects": "None", "clientConfig": { "url": "https://a" } });
        if let Some(bundle) = bundle {
            it["clientConfig"]["caBundle"] = json!(STANDARD.encode(bundle));
        }
        it
    };
    let found = |bundles: &[Option<&str>]| {
        let webhooks: Vec<_> = bundles.iter().copied().map(webhook).collect();
        let metadata = json!({ "labels": { "app.kubernetes.io/managed-by": "Helm" } });
        json!({ "metadata": metadata, "webhooks": webhooks })
    };
    let both = format!("{}{}", former.certificate, next.certificate);
    let draft = DraftObject::of_holder(Object::Webhook, &both, SINCE_THEN, None);
    let since = json!({ "annotations": { SINCE: SINCE_THEN.to_string() } });
    for before in [
        &[None, None][..],
        &[Some(former.certificate.as_str()), None],
        &[Some(&both), Some(&former.certificate)],
    ] {
        let webhooks = [webhook(Some(&both)), webhook(Some(&both))];
        let expected = json!({ "metadata": since, "webhooks": webhooks });
        assert_eq!(draft.patch(&found(before), &frame), Some(expected));
    }
    let mut written = found(&[Some(&both), Some(&both)]);
    written["metadata"]["annotations"] = since["annotations"].clone();
    assert_eq!(draft.patch(&written, &frame), None);
    let read = Read::from([(Object::Webhook, Some(written))]);
    let trust = Trust {
        authorities: BTreeSet::from([former.authority, next.authority]),
        since: Some(SINCE_THEN),
    };
    assert_eq!(held(&read, &[]).holders["api-server"].trust, trust);
    // Of two that differ nobody knows what counts.
    let differs = found(&[Some(&both), Some(&next.certificate)]);
    let read = Read::from([(Object::Webhook, Some(differs))]);
    assert!(
        held(&read, &[]).holders["api-server"]
            .trust
            .authorities
            .is_empty()
    );
}
