//! `tributary explain`.

use std::io::Write;
use std::process::ExitCode;

use tributary_model::view::Explanation;
use tributary_model::{ObjectRef, Rule};
use tributary_proto::call::ExplainQuery;

use super::client::Client;
use super::error::QueryError;
use super::output::Output;
use super::print::table::one_line;
use super::print::{Form, Tone, document_of, text};
use super::{name, shapes};
use crate::args::ExplainArgs;

/// Says who wins, why, and what would change it.
pub(crate) async fn explain(
    client: &Client,
    args: &ExplainArgs,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let ExplainArgs {
        kind,
        name,
        listener,
        output,
        server: _,
    } = args;
    let kind = name::kind(kind)?;
    let object = ObjectRef::new(kind, name::key(kind, name)?);
    let question = ExplainQuery {
        object: object.clone(),
        listener: listener.as_deref().map(Into::into),
    };
    let explanations = client.ask(&question).await?;
    if explanations.is_empty() {
        return Err(unknown(&question).into());
    }
    match output {
        Output::Table | Output::Wide => text(out, &pages(&explanations))?,
        Output::Yaml | Output::Json => {
            document_of(out, *output, Form::List, &explanations, shapes::explanation)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(question: &ExplainQuery) -> QueryError {
    let ExplainQuery { object, listener } = question;
    let kind = name::singular(object.kind);
    let name = object.key.to_string();
    match listener {
        None => QueryError::NotFound { kind, name },
        Some(listener) => QueryError::NoListener {
            listener: listener.to_string(),
            kind,
            name,
        },
    }
}

/// Explanations one after the other, a blank line between them.
fn pages(explanations: &[Explanation]) -> String {
    let pages: Vec<String> = explanations.iter().map(page).collect();
    pages.join("\n")
}

pub(crate) fn page(explanation: &Explanation) -> String {
    let Explanation {
        subject,
        decision,
        rule,
        rival,
        because,
        would_change,
    } = explanation;
    // What would change it is empty when nothing is wrong.
    let tone = if would_change.is_empty() {
        Tone::Good
    } else {
        Tone::Bad
    };
    let mut lines = vec![
        Tone::Heading.paint(&one_line(subject)),
        format!("  Decision:      {}", tone.paint(&one_line(decision))),
    ];
    if !rule.is_empty() {
        lines.push(format!("  Rule:          {}", one_line(&words(rule))));
    }
    if let Some(rival) = rival {
        lines.push(format!("  Rival:         {}", one_line(&rival.to_string())));
    }
    for (label, facts) in [
        ("  Because:       ", because),
        ("  Would change:  ", would_change),
    ] {
        let labels = [label]
            .into_iter()
            .chain(std::iter::repeat("                 "));
        lines.extend(
            labels
                .zip(facts)
                .map(|(label, fact)| format!("{label}{}", one_line(fact))),
        );
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The rule's anchor and title; the anchor alone of a rule that this version does not know.
pub(crate) fn words(anchor: &str) -> String {
    match Rule::of_anchor(anchor) {
        Some(rule) => format!("{rule}: {}", rule.title()),
        None => anchor.to_owned(),
    }
}

#[cfg(test)]
mod tests;
