//! What the watcher refused of the source.

use tributary_model::view::Rejection;
use tributary_proto::part::PartMessage;
use tributary_proto::snapshot::ListRejectionsRequest;
use tributary_stream::{Transport, clients};

/// Everything that is refused now, from the watcher of this process.
pub(crate) async fn rejections(transport: Transport) -> anyhow::Result<Vec<Rejection>> {
    let mut parts = clients::snapshot(transport)
        .list_rejections(ListRejectionsRequest {})
        .await?
        .into_inner();
    let mut rejections = Vec::new();
    while let Some(part) = parts.message().await? {
        rejections.extend(part.decode_part()?.items);
    }
    Ok(rejections)
}

/// `team.yaml document 1: ListenerSet infra/team: spec.listeners[0].port: must be 1 to 65535, it is 70000`.
pub(crate) fn refusal(rejection: &Rejection) -> String {
    let Rejection {
        source,
        object,
        field,
        reason,
        last_good_kept,
        object_ref: _,
    } = rejection;
    let field = if field.is_empty() {
        String::new()
    } else {
        format!(": {field}")
    };
    let kept = if *last_good_kept {
        " (the last good version counts on)"
    } else {
        ""
    };
    format!("{source}: {object}{field}: {reason}{kept}")
}
