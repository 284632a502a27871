use super::*;

fn check_refused(request: listeners::ListListenersRequest, said: &str) {
    let read = ListenerListing::try_from(request);
    assert_eq!(read.unwrap_err().to_string(), said);
}

#[test]
fn a_token_of_somebody_else_is_refused() {
    for token in [b"\xff".to_vec(), b"page 2".to_vec(), vec![0x0a, 0x00]] {
        let request = listeners::ListListenersRequest {
            page_token: token,
            ..listeners::ListListenersRequest::default()
        };
        check_refused(request, "page_token: is no token of this server");
    }
}

#[test]
fn a_state_of_a_later_version_is_refused() {
    let filter = listeners::ListenerFilter {
        states: vec![types::ListenerState::Pending.into(), 4711],
        ..listeners::ListenerFilter::default()
    };
    let request = listeners::ListListenersRequest {
        filter: Some(filter),
        ..listeners::ListListenersRequest::default()
    };
    check_refused(request, "filter.states: has the unknown value 4711");
}
