//! A described object on paper.

use serde_json::Value;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::judgement::{Judgement, ListenerJudgement};
use tributary_model::report::RuleProblem;
use tributary_model::view::{ListenerView, LoadBalancerView};
use tributary_model::{Kind, ObjectRef};
use tributary_normalize::timestamp_to_rfc3339;

use super::Described;
use crate::query::path::word;
use crate::query::print::table::one_line;
use crate::query::print::{Cell, Detail, Table, Tone};
use crate::query::rows::{self, NONE, phase_word};
use crate::query::state::{attached, hostname, tone};
use crate::query::{explain, shapes};

/// Lines, each with what stands before it.
#[derive(Default)]
struct Paper {
    lines: Vec<String>,
    indent: usize,
}

impl Paper {
    fn line(&mut self, line: &str) {
        let indent = self.indent;
        self.lines.push(format!("{:indent$}{line}", ""));
    }

    /// `Label:   value`.
    fn field(&mut self, label: &str, value: &str) {
        self.painted(label, &one_line(value));
    }

    /// Its value is one line, with its colours.
    fn painted(&mut self, label: &str, value: &str) {
        self.line(&format!("{:<15}{value}", format!("{label}:")));
    }

    fn fields(&mut self, label: &str, values: &[String]) {
        for (number, value) in values.iter().enumerate() {
            if number == 0 {
                self.field(label, value);
            } else {
                self.line(&format!("{:<15}{}", "", one_line(value)));
            }
        }
    }

    fn under(&mut self, heading: &str, write: impl FnOnce(&mut Self)) {
        self.line(&Tone::Heading.paint(&format!("{heading}:")));
        self.indent += 2;
        write(self);
        self.indent -= 2;
    }

    fn table(&mut self, table: &Table) {
        for line in table.lines(None) {
            self.line(&line);
        }
    }
}

pub(super) fn page(described: &Described) -> String {
    let Described {
        view,
        listeners,
        load_balancers,
        explanations,
    } = described;
    let object = view.judgement.object();
    let mut paper = Paper::default();
    paper.field("Name", &object.key.name);
    if !object.kind.is_cluster_scoped() {
        paper.field("Namespace", &object.key.namespace);
    }
    paper.field("Kind", object.kind.as_str());
    let labels: Vec<String> = (view.labels.iter())
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    paper.fields("Labels", &labels);
    let document = shapes::document(view);
    paper.field("Generation", &word(&document["metadata"]["generation"]));
    let gateways: Vec<String> = view.gateways.iter().map(ToString::to_string).collect();
    if object.kind != Kind::Gateway && !gateways.is_empty() {
        paper.field("Gateways", &gateways.join(", "));
    }
    let status = &document["status"];
    let addresses: Vec<String> = elements(&status["addresses"])
        .iter()
        .map(|address| word(&address["value"]))
        .collect();
    paper.fields("Addresses", &addresses);
    conditions(&mut paper, "Conditions", &status["conditions"]);
    for parent in elements(&status["parents"]) {
        let of = &parent["parentRef"];
        let mut name = format!("Parent {} {}", word(&of["kind"]), word(&of["name"]));
        for part in ["sectionName", "port"] {
            if !of[part].is_null() {
                name = format!("{name}, {part} {}", word(&of[part]));
            }
        }
        conditions(&mut paper, &name, &parent["conditions"]);
    }
    let (own, others): (Vec<&ListenerView>, Vec<&ListenerView>) =
        listeners.iter().partition(|listener| {
            let owner = &listener.resolved.listener.owner;
            owner.kind.kind() == object.kind && owner.key == object.key
        });
    if !own.is_empty() {
        paper.under("Listeners", |paper| {
            for view in own {
                listener(paper, view, judged(&described.view.judgement, view));
            }
        });
    }
    if !others.is_empty() {
        let heading = if object.kind == Kind::Gateway {
            "Listeners of ListenerSets"
        } else {
            "Attached to"
        };
        let others: Vec<ListenerView> = others.into_iter().cloned().collect();
        paper.under(heading, |paper| {
            paper.table(&rows::listeners(&others, Detail::Usual));
        });
    }
    for view in load_balancers {
        load_balancer(&mut paper, view, &object);
    }
    let of_listeners = |subject: &str| {
        let mut listeners = listeners.iter();
        listeners.any(|listener| listener.explanation.subject == subject)
    };
    let explanations: Vec<_> = explanations
        .iter()
        .filter(|explanation| !of_listeners(&explanation.subject))
        .collect();
    if !explanations.is_empty() {
        paper.under("Decisions", |paper| {
            for explanation in explanations {
                for line in explain::page(explanation).lines() {
                    paper.line(line);
                }
            }
        });
    }
    paper.lines.push(String::new());
    paper.lines.join("\n")
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn conditions(paper: &mut Paper, heading: &str, conditions: &Value) {
    let conditions = elements(conditions);
    if conditions.is_empty() {
        return;
    }
    paper.under(heading, |paper| {
        let header = ["TYPE", "STATUS", "REASON", "MESSAGE"];
        paper.table(&Table::of(&header, conditions, |condition| {
            let status = word(&condition["status"]);
            let message = word(&condition["message"]);
            vec![
                word(&condition["type"]).into(),
                Cell::toned(&status, condition_tone(&condition["type"], &status)),
                word(&condition["reason"]).into(),
                if message.is_empty() {
                    NONE.into()
                } else {
                    message.into()
                },
            ]
        }));
    });
}

/// Most conditions are good when they are True; these are there to tell of what is not.
fn condition_tone(kind: &Value, status: &str) -> Tone {
    let of_trouble = [
        "Conflicted",
        "OverlappingTLSConfig",
        "gateway.tributary.dev/Degraded",
    ];
    let is_trouble = kind.as_str().is_some_and(|kind| of_trouble.contains(&kind));
    match (status, is_trouble) {
        ("True", false) | ("False", true) => Tone::Good,
        ("True", true) | ("False", false) => Tone::Bad,
        _ => Tone::Waiting,
    }
}

/// What the object's judgement says of one of its listeners.
fn judged<'a>(judgement: &'a Judgement, view: &ListenerView) -> Option<&'a ListenerJudgement> {
    let listeners = match judgement {
        Judgement::Gateway(judged) => &judged.listeners,
        Judgement::ListenerSet(judged) => &judged.listeners,
        Judgement::GatewayClass(_) | Judgement::Route(_) | Judgement::Pod(_) => return None,
    };
    let name = &view.resolved.listener.name;
    listeners.iter().find(|judged| judged.name == *name)
}

fn listener(paper: &mut Paper, view: &ListenerView, judged: Option<&ListenerJudgement>) {
    let resolved = &view.resolved;
    let (state, reason) = view.state();
    let explanation = &view.explanation;
    paper.under(&resolved.listener.name, |paper| {
        paper.field("Port", &format!("{} {}", resolved.port, resolved.protocol));
        paper.field("Hostname", hostname(view));
        paper.painted("State", &tone(state).paint(state.as_str()));
        if let Some(reason) = reason {
            paper.field("Reason", &reason);
        }
        paper.field("Decision", &explanation.decision);
        if !explanation.rule.is_empty() {
            paper.field("Rule", &explain::words(&explanation.rule));
        }
        paper.fields("Because", &explanation.because);
        paper.fields("Would change", &explanation.would_change);
        let certificates = resolved.certificates.iter().map(|certificate| {
            let ends = timestamp_to_rfc3339(certificate.not_after);
            format!("Secret {}, ends {ends}", certificate.secret)
        });
        paper.fields("Certificates", &certificates.collect::<Vec<_>>());
        let unresolved = resolved.unresolved_refs.iter();
        let unresolved = unresolved.map(|of| format!("{}: {}", of.field, of.message));
        paper.fields("Unresolved", &unresolved.collect::<Vec<_>>());
        paper.fields("Notes", judged.map_or(&[], |judged| &judged.notes));
        paper.field("Routes", &attached(view).to_string());
        let routes = resolved.attached_routes.iter().map(ToString::to_string);
        paper.indent += 2;
        for route in routes {
            paper.line(&one_line(&route));
        }
        paper.indent -= 2;
        if let Some(arn) = &view.elb_listener {
            paper.field("ELB listener", arn);
        }
    });
}

fn load_balancer(paper: &mut Paper, view: &LoadBalancerView, object: &ObjectRef) {
    let LoadBalancerKey { kind, gateway } = &view.key;
    let heading = format!("Load balancer of {gateway}");
    paper.under(&heading, |paper| {
        paper.field("Type", kind.as_str());
        paper.field("Phase", phase_word(view.phase));
        let generations = (view.reported_generation, view.desired_generation);
        paper.field(
            "Programmed",
            &format!("generation {} of {}", generations.0, generations.1),
        );
        let Some(report) = &view.report else {
            return;
        };
        if let Some(dns_name) = &report.dns_name {
            paper.field("DNS name", dns_name);
        }
        if let Some(arn) = &report.arn {
            paper.field("ARN", arn);
        }
        paper.fields("Problems", &report.problems);
        let rules = report
            .rules
            .iter()
            .filter(|problem| concerns(problem, object));
        let rules = rules.map(|problem| {
            let RuleProblem {
                origin,
                listener,
                message,
                state,
            } = problem;
            format!(
                "{}: rule {} of {} on {listener}: {message}",
                shapes::rule_state_word(*state),
                origin.rule,
                origin.route
            )
        });
        paper.fields("Rules", &rules.collect::<Vec<_>>());
    });
}

/// Of a Gateway all; of a set or route its own.
fn concerns(problem: &RuleProblem, object: &ObjectRef) -> bool {
    let owner = &problem.listener.owner;
    if object.kind == Kind::ListenerSet {
        return owner.kind.kind() == object.kind && owner.key == object.key;
    }
    object.kind == Kind::Gateway || problem.origin.route == *object
}
