//! Folder, merge, judge, status, plan: as the services do it, once.

use std::path::Path;

use serde_json::Value;
use tributary_folder::{Folder, Reading};
use tributary_merge::judge::{Reports, judge, judge_orphan};
use tributary_merge::{Merge, Merged, Options, merge};
use tributary_model::judgement::Judgement;
use tributary_model::resource::CarriedStatus;
use tributary_model::view::Rejection;
use tributary_model::{ObjectRef, Resource, Snapshot, Timestamp};
use tributary_status::{Next, next};

use crate::GoldenError;
use crate::operations;
use crate::render::{self, Fields};
use crate::report::{Reported, report};

/// What came out, before it is text.
pub(crate) struct Decided {
    pub(crate) status: Value,
    pub(crate) desired: Value,
    pub(crate) operations: String,
    /// Only where the case has a folder `before`.
    pub(crate) change: Option<String>,
}

/// When everything is read and written: 2026-06-01T00:00:00Z. Objects without a creationTimestamp are as
/// old as each other.
const NOW: Timestamp = Timestamp(1_780_272_000);

/// Runs the pipeline over a case.
pub(crate) fn decide(case: &Path) -> Result<Decided, GoldenError> {
    let told = told(case)?;
    let Reading {
        objects,
        rejections,
        complete: _,
        withheld: _,
    } = read(case, "input")?;
    let snapshot: Snapshot = objects
        .values()
        .map(|object| Resource::clone(&object.resource))
        .collect();
    let Merged { merge, outcome: _ } = merge(&snapshot, Options::default());
    let mut reports = Reports::default();
    for (key, desired) in merge.load_balancers() {
        if !told.unreported.contains(&key.to_string()) {
            reports.insert(&merge, report(desired, &told));
        }
    }
    let mut statuses = Fields::default().put("rejected", rejected(&rejections));
    for (object, source) in &objects {
        let carried = source.status.as_ref();
        if let Some(judgement) = judgement(&merge, object, carried, &reports) {
            let next = next(&judgement, carried.map(|carried| &carried.status), NOW);
            statuses = statuses.put(object, written(&next));
        }
    }
    let desired = merge
        .load_balancers()
        .iter()
        .fold(Fields::default(), |fields, (key, desired)| {
            fields.put(key, render::desired::load_balancer(desired))
        });
    let change = if case.join("before").is_dir() {
        let before = read(case, "before")?.objects;
        let before: Snapshot = before
            .into_values()
            .map(|object| Resource::clone(&object.resource))
            .collect();
        let before = tributary_merge::merge(&before, Options::default()).merge;
        Some(operations::of_change(
            before.load_balancers(),
            merge.load_balancers(),
        ))
    } else {
        None
    };
    Ok(Decided {
        status: statuses.into(),
        desired: desired.into(),
        operations: operations::from_nothing(merge.load_balancers()),
        change,
    })
}

/// As the merger does it: what is not ours any more may still carry what we wrote.
fn judgement(
    merge: &Merge,
    object: &ObjectRef,
    carried: Option<&CarriedStatus>,
    reports: &Reports,
) -> Option<Judgement> {
    judge(merge, object, reports).or_else(|| judge_orphan(merge, object, carried?))
}

fn written(next: &Next) -> Value {
    match next {
        Next::Write(status) => render::status::status(status),
        Next::WritePart { status, reason } => Fields::default()
            .put("leftOut", reason.clone())
            .put("written", render::status::status(status))
            .into(),
        Next::Unchanged => "unchanged".into(),
        Next::Outdated => "outdated".into(),
        Next::SetAside { reason } => Fields::default().put("setAside", reason.clone()).into(),
    }
}

fn rejected(rejections: &[Rejection]) -> Value {
    let rejection = |rejection: &Rejection| {
        let Rejection {
            source: _,
            object,
            field,
            reason,
            last_good_kept: _,
            object_ref: _,
        } = rejection;
        format!("{object} {field}: {reason}")
    };
    render::texts(rejections.iter().map(rejection))
}

fn told(case: &Path) -> Result<Reported, GoldenError> {
    let path = case.join("report.yaml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Reported::default());
        }
        Err(source) => return Err(GoldenError::File { path, source }),
    };
    serde_saphyr::from_str(&text).map_err(|error| GoldenError::Report {
        path,
        reason: error.to_string(),
    })
}

fn read(case: &Path, folder: &str) -> Result<Reading, GoldenError> {
    let failed = |source| GoldenError::Input {
        path: case.to_owned(),
        source,
    };
    Folder::open(case.join(folder), None, Some(case.join("written")))
        .and_then(|mut folder| folder.read(NOW))
        .map_err(failed)
}
