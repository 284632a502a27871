//! The contracts' clients over a [`Transport`], with the limits that large items need.

use tributary_proto::MAX_MESSAGE_BYTES;
use tributary_proto::desired::desired_service_client::DesiredServiceClient;
use tributary_proto::installation::installation_service_client::InstallationServiceClient;
use tributary_proto::judgement::judgement_service_client::JudgementServiceClient;
use tributary_proto::listeners::listeners_service_client::ListenersServiceClient;
use tributary_proto::report::report_service_client::ReportServiceClient;
use tributary_proto::snapshot::snapshot_service_client::SnapshotServiceClient;

use crate::transport::Transport;

/// Whether a server says that what was asked for does not exist: not that it cannot say.
pub fn says_not_found(status: &tonic::Status) -> bool {
    status.code() == tonic::Code::NotFound
}

/// Whether an answer means that what was asked for is another program's: nobody here may change it. No proxy and no
/// authorization answers ABORTED, so that a mistake of theirs is not taken for it.
pub fn says_not_ours(status: &tonic::Status) -> bool {
    status.code() == tonic::Code::Aborted
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident -> $client:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(transport: Transport) -> $client<Transport> {
            $client::new(transport)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES)
        }
    )*};
}

clients! {
    /// Of the watcher.
    snapshot -> SnapshotServiceClient;
    /// Of the merger, for programmers.
    desired -> DesiredServiceClient;
    /// Of the merger, for programmers' reports.
    report -> ReportServiceClient;
    /// Of the merger, for the status writer.
    judgement -> JudgementServiceClient;
    /// Of the merger, for people.
    listeners -> ListenersServiceClient;
    /// Of the merger, for the platform's people.
    installation -> InstallationServiceClient;
}
