//! Lists by pages and filters, and watches that go on where they were.

use std::num::NonZeroU32;

use futures::StreamExt;
use tonic::Code;
use tributary_model::selector::LabelSelector;
use tributary_model::view::{ListenerState, ListenerView};
use tributary_model::{Kind, ListenerRef};
use tributary_proto::call::{
    ListenerFilter, ListenerListing, ListenerPlace, ListenerWatch, ObjectFilter,
};
use tributary_proto::listeners::{ListListenersRequest, ListObjectsRequest, WatchListenersRequest};
use tributary_proto::part::PartMessage;
use tributary_testkit::random::object;

use super::*;

/// With a listener that lost, and one with a hostname.
async fn world() -> World {
    let world = World::new(Holders::Latest).await;
    let late = listener_set("team/late", "infra/web").created(9);
    let late = late.listener(http("dup", 8080));
    world.say(
        late.listener(http("shop", 80).host("shop.example.com"))
            .build(),
    );
    until_listed(&world, |names| names.len() == 5).await;
    world
}

async fn until_listed(world: &World, holds: impl Fn(&[String]) -> bool) {
    let holds = |state: &MergerState| {
        let (_, listeners) = world.shared.listeners.snapshot();
        let names: Vec<String> = listeners.keys().map(ToString::to_string).collect();
        state.is_complete() && holds(&names)
    };
    world.until("listed", holds).await;
}

/// In the order in which all of them are listed.
const ALL: [&str; 5] = [
    "Gateway infra/other/http",
    "Gateway infra/web/http",
    "ListenerSet team/set/own",
    "ListenerSet team/late/dup",
    "ListenerSet team/late/shop",
];

fn name(view: &ListenerView) -> String {
    view.resolved.listener.to_string()
}

/// The names of one page, and the token of the next.
async fn ask(world: &World, request: ListListenersRequest) -> (Vec<String>, Vec<u8>) {
    let mut client = clients::listeners(world.merger.clone());
    let mut parts = client.list_listeners(request).await.unwrap().into_inner();
    let (mut names, mut token) = (Vec::new(), Vec::new());
    while let Some(part) = parts.message().await.unwrap() {
        assert_eq!(token, Vec::<u8>::new(), "only the last part names the next");
        token.clone_from(&part.next_page_token);
        let part = part.decode_part().unwrap();
        assert_eq!(part.refused, []);
        names.extend(part.items.iter().map(name));
    }
    (names, token)
}

async fn check_filter(filter: ListenerFilter, expected: &[&str]) {
    let world = world().await;
    let (names, next) = ask(&world, (&filter).into()).await;
    assert_eq!(names, expected, "{filter:?}");
    assert_eq!(next, Vec::<u8>::new());
    // A watch lists the same.
    let (mut watched, _) = listed(
        &world,
        &ListenerWatch {
            filter,
            resume_after: None,
        },
    )
    .await;
    let mut expected = expected.to_vec();
    watched.sort();
    expected.sort_unstable();
    assert_eq!(watched, expected);
}

#[tokio::test]
async fn nothing_given_lets_all_pass() {
    check_filter(ListenerFilter::default(), &ALL).await;
}

#[tokio::test]
async fn a_namespace_is_the_owners() {
    let filter = ListenerFilter {
        namespace: Some("infra".into()),
        ..ListenerFilter::default()
    };
    check_filter(filter, &ALL[..2]).await;
}

#[tokio::test]
async fn a_gateway_has_the_listeners_of_its_sets_too() {
    let filter = ListenerFilter {
        gateway: Some(key("infra/web")),
        ..ListenerFilter::default()
    };
    check_filter(filter, &ALL[1..]).await;
}

#[tokio::test]
async fn one_of_several_states_is_enough() {
    let mut filter = ListenerFilter {
        states: vec![ListenerState::Conflicted],
        ..ListenerFilter::default()
    };
    check_filter(filter.clone(), &ALL[3..4]).await;
    filter.states.push(ListenerState::Pending);
    check_filter(filter.clone(), &ALL).await;
    filter.states = vec![ListenerState::Programmed];
    check_filter(filter, &[]).await;
}

#[tokio::test]
async fn a_hostname_is_the_one_that_is_declared() {
    let mut filter = ListenerFilter {
        hostname: Some("shop.example.com".to_owned()),
        ..ListenerFilter::default()
    };
    check_filter(filter.clone(), &ALL[4..]).await;
    filter.hostname = Some("example.com".to_owned());
    check_filter(filter.clone(), &[]).await;
    filter.hostname = Some(String::new());
    check_filter(filter, &ALL[..4]).await;
}

#[tokio::test]
async fn all_that_is_given_must_hold() {
    let filter = ListenerFilter {
        namespace: Some("team".into()),
        gateway: Some(key("infra/web")),
        states: vec![ListenerState::Pending],
        hostname: Some(String::new()),
        owner: None,
        labels: None,
    };
    check_filter(filter, &ALL[2..3]).await;
}

fn selector((key, value): (&str, &str)) -> LabelSelector {
    LabelSelector {
        match_labels: [(key.to_owned(), value.to_owned())].into(),
        ..LabelSelector::default()
    }
}

/// Says an object of the world again, with these labels.
async fn label(world: &World, name: &str, labels: &[(&str, &str)]) {
    let said = object(Kind::ListenerSet, name);
    let labels = labels.iter();
    let labels = labels.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let labels = Labels::of(&labels.collect()).unwrap();
    let object = SourceObject {
        labels: labels.clone(),
        ..(*world.objects.get(&said).unwrap()).clone()
    };
    world.objects.set(said.clone(), Arc::new(object));
    world
        .until("labelled", |state| state.labels_of(&said) == labels)
        .await;
}

#[tokio::test]
async fn labels_are_the_owners_and_pages_are_of_those_that_have_them() {
    let world = world().await;
    label(&world, "team/late", &[("app", "shop"), ("env", "test")]).await;
    label(&world, "team/set", &[("app", "blog")]).await;
    let filter = |label| ListenerFilter {
        labels: Some(selector(label)),
        ..ListenerFilter::default()
    };
    let shop = filter(("app", "shop"));
    assert_eq!(ask(&world, (&shop).into()).await.0, &ALL[3..]);
    let request = ListListenersRequest {
        page_size: 1,
        ..(&shop).into()
    };
    let (first, token) = ask(&world, request.clone()).await;
    assert_eq!(first, ALL[3..4]);
    let request = ListListenersRequest {
        page_token: token,
        ..request
    };
    assert_eq!(
        ask(&world, request).await,
        (vec![ALL[4].to_owned()], Vec::new())
    );
    let none = filter(("app", "nothing"));
    assert_eq!(ask(&world, (&none).into()).await, (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn objects_are_listed_by_their_own_labels() {
    let world = world().await;
    label(&world, "team/late", &[("app", "shop")]).await;
    let filter = ObjectFilter {
        labels: Some(selector(("app", "shop"))),
        ..ObjectFilter::default()
    };
    let mut client = clients::listeners(world.merger.clone());
    let request = ListObjectsRequest::from(&filter);
    let mut parts = client.list_objects(request).await.unwrap().into_inner();
    let part = parts.message().await.unwrap().unwrap();
    let [view] = &part.decode_part().unwrap().items[..] else {
        panic!("not one");
    };
    assert_eq!(
        view.judgement.object(),
        object(Kind::ListenerSet, "team/late")
    );
    assert_eq!(view.labels.text(), "app=shop");
}

/// Nobody else than who asks about listeners hears of it: no programmer, no status writer.
#[tokio::test]
async fn another_label_is_told_to_watches_of_listeners_alone() {
    let world = world().await;
    let asked = ListenerWatch {
        filter: ListenerFilter {
            labels: Some(selector(("app", "shop"))),
            ..ListenerFilter::default()
        },
        resume_after: None,
    };
    let mut told = watch(&world, &asked).await;
    for expected in ["Init", "Done"] {
        assert_eq!(word(&next(&mut told).await), expected);
    }
    let before = (world.position(), world.shared.judgements.position());
    label(&world, "team/set", &[("app", "shop")]).await;
    assert_eq!(word(&next(&mut told).await), ALL[2]);
    label(&world, "team/set", &[("app", "blog")]).await;
    assert_eq!(word(&next(&mut told).await), format!("-{}", ALL[2]));
    let after = (world.position(), world.shared.judgements.position());
    assert_eq!(before, after);
}

fn page(size: u32, token: Vec<u8>) -> ListListenersRequest {
    let size = NonZeroU32::new(size);
    let first = ListenerListing {
        page_size: size,
        ..ListenerListing::default()
    };
    ListListenersRequest {
        page_token: token,
        ..ListListenersRequest::from(&first)
    }
}

#[tokio::test]
async fn pages_are_the_list_in_pieces() {
    let world = world().await;
    for size in 1..=6 {
        let (mut names, mut token, mut pages) = (Vec::new(), Vec::new(), 0);
        loop {
            let (some, next) = ask(&world, page(size, token)).await;
            assert!(some.len() <= size as usize, "{some:?}");
            names.extend(some);
            pages += 1;
            token = next;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(names, ALL);
        assert_eq!(pages, 5_u32.div_ceil(size), "none is empty");
    }
}

#[tokio::test]
async fn a_page_goes_on_behind_a_listener_that_is_gone() {
    let world = world().await;
    let (first, token) = ask(&world, page(3, Vec::new())).await;
    assert_eq!(first, ALL[..3]);
    world.objects.remove(&object(Kind::ListenerSet, "team/set"));
    until_listed(&world, |names| names.len() == 4).await;
    let (rest, token) = ask(&world, page(3, token)).await;
    assert_eq!(
        (rest.as_slice(), token),
        (&ALL.map(str::to_owned)[3..], Vec::new())
    );
}

#[tokio::test]
async fn a_token_of_nobody_is_an_invalid_argument() {
    let world = World::new(Holders::Latest).await;
    let mut client = clients::listeners(world.merger.clone());
    let refused = client.list_listeners(page(2, b"page 2".to_vec())).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}

#[test]
fn places_are_ordered_as_the_list_is() {
    let place = |gateway: &str, owner: &str| ListenerPlace {
        gateway: key(gateway),
        precedence: tributary_model::Precedence {
            class: tributary_model::PrecedenceClass::Gateway,
            owner: key(owner),
            index: 0,
        },
    };
    assert!(place("a/a", "z/z") < place("a/b", "a/a"));
    assert!(place("a/a", "a/a") < place("a/a", "a/b"));
}

type Told = Positioned<Event<ListenerRef, ListenerView>>;

/// In short: `Init`, `+name`, `Done`, `name`, `-name`.
fn word(told: &Told) -> String {
    match &told.item {
        Event::Init => "Init".to_owned(),
        Event::InitApply(view) => format!("+{}", name(view)),
        Event::InitDone => "Done".to_owned(),
        Event::Apply(view) => name(view),
        Event::Delete(listener) => format!("-{listener}"),
    }
}

async fn watch(world: &World, watch: &ListenerWatch) -> BoxStream<'static, Told> {
    let mut client = clients::listeners(world.merger.clone());
    let request = WatchListenersRequest::from(watch);
    let messages = client.watch_listeners(request).await.unwrap().into_inner();
    messages
        .map(|message| message.unwrap().decode_event().unwrap())
        .boxed()
}

async fn next(told: &mut BoxStream<'static, Told>) -> Told {
    let next = timeout(Duration::from_secs(20), told.next()).await;
    next.unwrap().unwrap()
}

/// What a listing holds, and the position to go on from.
async fn listed(world: &World, asked: &ListenerWatch) -> (Vec<String>, Position) {
    let mut told = watch(world, asked).await;
    let init = next(&mut told).await;
    assert_eq!(word(&init), "Init");
    let mut names = Vec::new();
    loop {
        let told = next(&mut told).await;
        match &told.item {
            Event::InitDone => return (names, init.position),
            Event::InitApply(view) => names.push(name(view)),
            Event::Init | Event::Apply(_) | Event::Delete(_) => panic!("{}", word(&told)),
        }
    }
}

#[tokio::test]
async fn a_watch_goes_on_with_what_changed_since() {
    let world = world().await;
    let (_, position) = listed(&world, &ListenerWatch::default()).await;
    world
        .objects
        .remove(&object(Kind::ListenerSet, "team/late"));
    until_listed(&world, |names| names.len() == 3).await;
    let again = ListenerWatch {
        filter: ListenerFilter::default(),
        resume_after: Some(position),
    };
    let mut told = watch(&world, &again).await;
    let mut gone = [word(&next(&mut told).await), word(&next(&mut told).await)];
    gone.sort();
    assert_eq!(gone, [format!("-{}", ALL[3]), format!("-{}", ALL[4])]);
    let set = listener_set("team/new", "infra/other").listener(http("new", 8080));
    world.say(set.build());
    let new = next(&mut told).await;
    assert_eq!(word(&new), "ListenerSet team/new/new");
    // From there nothing is missing.
    world.objects.remove(&object(Kind::ListenerSet, "team/new"));
    let again = ListenerWatch {
        resume_after: Some(new.position),
        ..again
    };
    let mut told = watch(&world, &again).await;
    assert_eq!(word(&next(&mut told).await), "-ListenerSet team/new/new");
}

#[tokio::test]
async fn a_watch_of_another_life_of_the_merger_begins_anew() {
    let world = world().await;
    let (_, mut position) = listed(&world, &ListenerWatch::default()).await;
    position.epoch -= 1;
    let earlier = ListenerWatch {
        filter: ListenerFilter::default(),
        resume_after: Some(position),
    };
    let (names, _) = listed(&world, &earlier).await;
    assert_eq!(names.len(), ALL.len());
}

/// Names of other namespaces' listeners are not for who asks for one namespace, also when they go.
#[tokio::test]
async fn a_watch_that_goes_on_names_nothing_that_its_filter_excludes_by_name() {
    let world = world().await;
    let filter = ListenerFilter {
        namespace: Some("team".into()),
        ..ListenerFilter::default()
    };
    let first = ListenerWatch {
        filter,
        resume_after: None,
    };
    let (_, position) = listed(&world, &first).await;
    world.objects.remove(&object(Kind::Gateway, "infra/other"));
    until_listed(&world, |names| names.len() == 4).await;
    world.objects.remove(&object(Kind::ListenerSet, "team/set"));
    until_listed(&world, |names| names.len() == 3).await;
    let again = ListenerWatch {
        resume_after: Some(position),
        ..first
    };
    let mut told = watch(&world, &again).await;
    // It is gone, and who lost to it has its place.
    let mut both = [word(&next(&mut told).await), word(&next(&mut told).await)];
    both.sort();
    assert_eq!(
        both,
        [
            format!("-{}", ALL[2]),
            "ListenerSet team/late/dup".to_owned()
        ]
    );
}
