//! Who may call which RPC.
//!
//! The one table: servers ask it (`may_call`), `docs/reference/rpcs.md` is made of it, and a test holds it against the
//! contracts. Of load balancers a programmer gets those of its own kind only: that is in the messages, so the merger asks
//! [`Caller::kind`].

use tributary_model::elb::LoadBalancerKind;

#[cfg(test)]
mod tests;

/// Who calls: by the certificate, or by a token that the API server has confirmed.
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
    /// A person, or a program that asks for one, who may see everything.
    Client,
    /// A person, or a program, with a token of Kubernetes: sees what its rights say.
    Token,
}

impl Caller {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Watcher,
        Self::Merger,
        Self::AlbProgrammer,
        Self::NlbProgrammer,
        Self::StatusWriter,
        Self::Client,
        Self::Token,
    ];

    /// Whether a certificate may say that it is this one.
    pub fn has_certificate(self) -> bool {
        match self {
            Self::Watcher
            | Self::Merger
            | Self::AlbProgrammer
            | Self::NlbProgrammer
            | Self::StatusWriter
            | Self::Client => true,
            Self::Token => false,
        }
    }

    /// What a certificate calls it, and the reference.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watcher => "watcher",
            Self::Merger => "merger",
            Self::AlbProgrammer => "alb-programmer",
            Self::NlbProgrammer => "nlb-programmer",
            Self::StatusWriter => "status-writer",
            Self::Client => "client",
            Self::Token => "token",
        }
    }

    /// By the name in a certificate, where no token is.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|caller| caller.name() == name && caller.has_certificate())
    }

    /// The load balancers that it may ask for; nothing for who asks for none in particular.
    pub fn kind(self) -> Option<LoadBalancerKind> {
        match self {
            Self::AlbProgrammer => Some(LoadBalancerKind::Alb),
            Self::NlbProgrammer => Some(LoadBalancerKind::Nlb),
            Self::Watcher | Self::Merger | Self::StatusWriter | Self::Client | Self::Token => None,
        }
    }
}

/// Each RPC's path, and who may call it.
pub const ACCESS: &[(&str, &[Caller])] = {
    use Caller::{AlbProgrammer, Client, Merger, NlbProgrammer, StatusWriter, Token};
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
            &[Client, Token],
        ),
        (
            "/tributary.listeners.v1.ListenersService/GetListener",
            &[Client, Token],
        ),
        (
            "/tributary.listeners.v1.ListenersService/WatchListeners",
            &[Client, Token],
        ),
        (
            "/tributary.listeners.v1.ListenersService/ListObjects",
            &[Client, Token],
        ),
        (
            "/tributary.listeners.v1.ListenersService/ListLoadBalancers",
            &[Client, Token],
        ),
        (
            "/tributary.listeners.v1.ListenersService/Explain",
            &[Client, Token],
        ),
        (
            "/tributary.listeners.v1.ListenersService/WaitSettled",
            &[Client, Token],
        ),
        (
            "/tributary.installation.v1.InstallationService/GetHealth",
            &[Client, Token],
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
