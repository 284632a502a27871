//! Who may call which RPC.
//!
//! The one table: servers ask it (`may_call`), `docs/reference/rpcs.md` is made of it, and a test holds it against the
//! contracts. Of load balancers a programmer gets those of its own kind only: that is in the messages, so the merger asks
//! [`Caller::kind`].

use tributary_model::elb::LoadBalancerKind;

#[cfg(test)]
mod tests;

/// Who calls, by the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// Streams what users asked for.
    Watcher,
    /// Decides.
    Merger,
    /// Programs ALBs.
    AlbProgrammer,
    /// Programs NLBs.
    NlbProgrammer,
    /// Writes statuses.
    StatusWriter,
    /// A person, or a program that asks for one.
    Client,
}

impl Caller {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Watcher,
        Self::Merger,
        Self::AlbProgrammer,
        Self::NlbProgrammer,
        Self::StatusWriter,
        Self::Client,
    ];

    /// What a certificate calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watcher => "watcher",
            Self::Merger => "merger",
            Self::AlbProgrammer => "alb-programmer",
            Self::NlbProgrammer => "nlb-programmer",
            Self::StatusWriter => "status-writer",
            Self::Client => "client",
        }
    }

    /// By the name in a certificate.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|caller| caller.name() == name)
    }

    /// The load balancers that it may ask for; nothing for who asks for none in particular.
    pub fn kind(self) -> Option<LoadBalancerKind> {
        match self {
            Self::AlbProgrammer => Some(LoadBalancerKind::Alb),
            Self::NlbProgrammer => Some(LoadBalancerKind::Nlb),
            Self::Watcher | Self::Merger | Self::StatusWriter | Self::Client => None,
        }
    }
}

/// Each RPC's path, and who may call it.
pub const ACCESS: &[(&str, &[Caller])] = {
    use Caller::{AlbProgrammer, Client, Merger, NlbProgrammer, StatusWriter};
    &[
        (
            "/tributary.snapshot.v1.SnapshotService/WatchSnapshot",
            &[Merger],
        ),
        (
            "/tributary.snapshot.v1.SnapshotService/GetSnapshot",
            &[Client],
        ),
        ("/tributary.snapshot.v1.SnapshotService/Sync", &[Merger]),
        (
            "/tributary.snapshot.v1.SnapshotService/ListRejections",
            &[Client],
        ),
        (
            "/tributary.desired.v1.DesiredService/WatchLoadBalancers",
            &[AlbProgrammer, NlbProgrammer],
        ),
        (
            "/tributary.desired.v1.DesiredService/GetLoadBalancer",
            &[AlbProgrammer, NlbProgrammer],
        ),
        (
            "/tributary.report.v1.ReportService/PublishReports",
            &[AlbProgrammer, NlbProgrammer],
        ),
        (
            "/tributary.judgement.v1.JudgementService/WatchJudgements",
            &[StatusWriter],
        ),
        (
            "/tributary.judgement.v1.JudgementService/AcknowledgeJudgements",
            &[StatusWriter],
        ),
        (
            "/tributary.listeners.v1.ListenersService/ListListeners",
            &[Client],
        ),
        (
            "/tributary.listeners.v1.ListenersService/GetListener",
            &[Client],
        ),
        (
            "/tributary.listeners.v1.ListenersService/WatchListeners",
            &[Client],
        ),
        (
            "/tributary.listeners.v1.ListenersService/ListObjects",
            &[Client],
        ),
        (
            "/tributary.listeners.v1.ListenersService/ListLoadBalancers",
            &[Client],
        ),
        (
            "/tributary.listeners.v1.ListenersService/Explain",
            &[Client],
        ),
        (
            "/tributary.listeners.v1.ListenersService/WaitSettled",
            &[Client],
        ),
        (
            "/tributary.installation.v1.InstallationService/GetHealth",
            &[Client],
        ),
    ]
};

/// Not of our contracts: any of them may ask whether a server is well, and what it offers.
const FOR_ALL: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// Whether a caller may call an RPC, by its path.
pub fn may_call(path: &str, caller: Caller) -> bool {
    if FOR_ALL.iter().any(|service| path.starts_with(service)) {
        return true;
    }
    let mut table = ACCESS.iter();
    table.any(|(rpc, callers)| *rpc == path && callers.contains(&caller))
}
