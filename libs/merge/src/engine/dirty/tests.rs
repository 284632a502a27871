use tributary_testkit::objects::key;
use tributary_testkit::random::object;

use super::*;

fn all() -> Vec<Mark> {
    vec![
        Mark::Class("a".into()),
        Mark::Gateway(key("z/gw")),
        Mark::Conflicts(key("a/gw")),
        Mark::Port(key("a/gw"), 80),
        Mark::LoadBalancer(key("a/gw")),
        Mark::Object(object(Kind::Gateway, "a/gw")),
        Mark::Judgement(object(Kind::Gateway, "a/gw")),
    ]
}

#[test]
fn marks_come_layer_by_layer() {
    let mut dirty = Dirty::default();
    for mark in all().into_iter().rev() {
        dirty.mark(mark);
    }
    let taken: Vec<Mark> = std::iter::from_fn(|| dirty.next()).collect();
    assert_eq!(taken, all());
}

#[test]
#[should_panic(expected = "reaches back")]
fn a_layer_marks_none_that_came_before() {
    let mut dirty = Dirty::default();
    dirty.mark(Mark::Port(key("a/gw"), 80));
    dirty.next();
    dirty.mark(Mark::Gateway(key("a/gw")));
}

#[test]
#[should_panic(expected = "reaches back")]
fn a_layer_marks_nothing_of_its_own() {
    let mut dirty = Dirty::default();
    dirty.mark(Mark::Gateway(key("a/gw")));
    dirty.next();
    dirty.mark(Mark::Gateway(key("b/gw")));
}
