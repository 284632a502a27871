use super::*;

fn map(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    let labels = labels.iter();
    labels
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[track_caller]
fn check(labels: &[(&str, &str)], text: &str) {
    let map = map(labels);
    let labels = Labels::of(&map).unwrap();
    assert_eq!(labels.text(), text);
    assert_eq!(labels.to_map(), map);
    assert_eq!(labels.is_empty(), map.is_empty());
    for (key, value) in &map {
        assert_eq!(labels.get(key), Some(value.as_str()));
    }
    assert_eq!(labels.get("not-there"), None);
}

#[test]
fn labels_are_what_they_were_made_of() {
    check(&[], "");
    check(&[("tier", "web"), ("app", "shop")], "app=shop\ntier=web");
    check(&[("empty", ""), ("x/y", "a=b")], "empty=\nx/y=a=b");
    check(
        &[("app", "a"), ("app.kubernetes.io/name", "b")],
        "app=a\napp.kubernetes.io/name=b",
    );
}

#[test]
fn what_could_not_be_told_from_its_neighbours_is_refused() {
    for (key, value) in [("", "a"), ("a=b", ""), ("a\nb", ""), ("a", "b\nc=d")] {
        let error = Labels::of(&map(&[(key, value)])).unwrap_err();
        assert_eq!(error.key, key);
    }
}

/// What Helm gives to everything that it makes.
#[test]
fn five_usual_labels_take_less_than_a_quarter_of_a_kilobyte() {
    let labels = Labels::of(&map(&[
        ("app.kubernetes.io/instance", "shop-production"),
        ("app.kubernetes.io/managed-by", "Helm"),
        ("app.kubernetes.io/name", "shop"),
        ("app.kubernetes.io/version", "1.27.3"),
        ("helm.sh/chart", "shop-1.4.2"),
    ]));
    // And the two counts of an Arc.
    assert_eq!(labels.unwrap().text().len() + 16, 178);
    assert_eq!(size_of::<Labels>(), 16);
}
