//! The rules of `docs/rules`, each by its anchor: the one list that the program cites from.

use std::fmt;

#[cfg(test)]
mod tests;

/// The pages, the anchors on them, and the rules' titles. An anchor is a contract: it stays when the title changes.
macro_rules! rules {
    ($($page:literal { $($variant:ident $anchor:literal $title:literal,)* })*) => {
        /// A rule that a decision follows from.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $title] $variant,)*)*
        }

        impl Rule {
            /// In the order of the pages.
            pub const ALL: &[Self] = &[$($(Self::$variant,)*)*];

            /// Lowercase words joined by `-`, unique over all pages, for example `distinct-hostnames`.
            pub fn anchor(self) -> &'static str {
                match self {
                    $($(Self::$variant => $anchor,)*)*
                }
            }

            /// The heading behind the anchor, without a full stop.
            pub fn title(self) -> &'static str {
                match self {
                    $($(Self::$variant => $title,)*)*
                }
            }

            /// The page from the root of the repository, for example `docs/rules/conflicts.md`.
            pub fn page(self) -> &'static str {
                match self {
                    $($(Self::$variant => concat!("docs/rules/", $page, ".md"),)*)*
                }
            }
        }
    };
}

rules! {
    "attachment" {
        GatewayClass "gateway-class" "The GatewayClass decides which load balancer a Gateway gets",
        ParametersRef "parameters-ref" "A parametersRef must name a LoadBalancerConfiguration that exists",
        GatewayAddresses "gateway-addresses" "A Gateway cannot choose addresses",
        AnotherController "another-controller" "A Gateway that another controller holds is left alone",
        MissingGatewayClass "missing-gateway-class" "A Gateway whose GatewayClass is missing stays as it is",
        ParentRefDefaults "parent-ref-defaults" "A ListenerSet has one parent, a Gateway",
        AllowedListeners "allowed-listeners" "A ListenerSet attaches if its Gateway allows its namespace",
        AllowedListenersSelector "allowed-listeners-selector" "A selector reads the labels of the ListenerSet's Namespace",
        DeletedObjects "deleted-objects" "An object that is being deleted contributes nothing",
        SmallestUnit "smallest-unit" "An error costs the smallest unit that contains it",
    }
    "conflicts" {
        Precedence "precedence" "The Gateway comes first, then the oldest ListenerSet",
        ListenerNames "listener-names" "Listener names are unique within one object only",
        DistinctListeners "distinct-listeners" "A listener is served if it conflicts with no listener before it",
        DistinctHostnames "distinct-hostnames" "Listeners of one port and protocol have different hostnames",
        OneProtocol "one-protocol" "A port has one protocol",
        TcpAndUdp "tcp-and-udp" "TCP and UDP share a port",
        SameObject "same-object" "Inside one object nobody wins",
        LosersReserveNothing "losers-reserve-nothing" "A listener that lost reserves nothing",
        InvalidListeners "invalid-listeners" "An invalid listener takes no part in conflicts",
        UnservableProtocol "unservable-protocol" "A protocol that the load balancer cannot serve never wins",
        UnresolvedListeners "unresolved-listeners" "A listener without a usable certificate keeps its hostname",
    }
    "routes" {
        RouteParents "route-parents" "A route reaches the listeners of the parent that it names",
        SectionName "section-name" "sectionName and port select listeners of that parent",
        AllowedRoutes "allowed-routes" "A listener's allowedRoutes decides which namespaces may attach",
        RouteKinds "route-kinds" "The protocol decides which kinds of route a listener takes",
        RouteHostnames "route-hostnames" "A route serves the hostnames that it shares with the listener",
        RoutesOnConflictedListeners "routes-on-conflicted-listeners" "A route may attach to a listener that lost",
        OldestL4Route "oldest-l4-route" "On an NLB listener the oldest route gets the traffic",
        BackendRefs "backend-refs" "Backends are Services, with a ReferenceGrant across namespaces",
        GrpcNeedsHttps "grpc-needs-https" "gRPC needs an HTTPS listener",
        UnsupportedRules "unsupported-rules" "What an ELB cannot do is refused by name",
        IncompatibleFilters "incompatible-filters" "Filters of one rule must not exclude each other",
    }
    "load-balancer" {
        SharedPorts "shared-ports" "Listeners of one port share one ELB listener",
        ListenerIsolation "listener-isolation" "A request belongs to the most specific listener",
        RulePrecedence "rule-precedence" "Rules are ordered as Gateway API says, over the whole port",
        RuleConditions "rule-conditions" "A rule fits the limits of an ELB rule",
        Quotas "quotas" "Over a quota, what is programmed stays and precedence decides the rest",
    }
    "tls" {
        CertificateRefs "certificate-refs" "certificateRefs resolve in the namespace of the listener's owner",
        CertificateGrants "certificate-grants" "A Secret of another namespace needs a ReferenceGrant for the owner's kind",
        CertificateSources "certificate-sources" "Without certificateRefs, the configuration and then ACM are asked",
        MissingSecrets "missing-secrets" "A Secret that is missing for a while takes nothing down",
        DefaultCertificate "default-certificate" "The default certificate of a port belongs to the first listener",
        FrontendTls "frontend-tls" "A Gateway's frontend TLS settings apply to its ListenerSets",
        OverlappingTls "overlapping-tls" "Overlapping TLS hostnames are reported",
    }
    "status" {
        GatewayStatus "gateway-status" "A Gateway is judged by its own listeners",
        ListenerSetStatus "listener-set-status" "A ListenerSet is accepted while one of its listeners is valid",
        Programmed "programmed" "Programmed is True when the load balancer serves the listener",
        AttachedRoutes "attached-routes" "attachedRoutes counts accepted routes",
        ParentNotAccepted "parent-not-accepted" "A ListenerSet of a Gateway that is not accepted waits",
        ParentGone "parent-gone" "A ListenerSet whose Gateway was removed says so",
        NotOurs "not-ours" "What is not ours gets no status from us",
        StatusWriters "status-writers" "Other writers' conditions stay, newer statuses are not overwritten",
    }
}

impl Rule {
    /// The rule of an anchor; nothing for what a server of another version cites.
    pub fn of_anchor(anchor: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.anchor() == anchor)
    }

    /// Page and anchor, for example `docs/rules/conflicts.md#distinct-hostnames`.
    pub fn link(self) -> String {
        format!("{}#{}", self.page(), self.anchor())
    }
}

/// The anchor.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.anchor())
    }
}
