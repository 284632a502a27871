//! Reading a spec of which a bad part costs itself only: the field, or the entry of the list, that does not fit is taken
//! out, and the rest is read.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tributary_model::FieldFault;

use crate::fault::{Fault, Path, short};

/// What was left out of a spec.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    faults: Vec<Fault>,
    unknown: Vec<Fault>,
    /// What was taken out, by its path.
    taken: Vec<(String, Value)>,
    /// Places of the entries that were taken out of lists, by the list's path: the others moved up.
    places: BTreeMap<String, BTreeSet<usize>>,
}

#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Entry(usize),
}

/// Reads `value`, which stands at `at`, as far as it fits.
///
/// # Errors
/// When nothing can be read: it is of another type as a whole.
pub(crate) fn read_leniently<T: DeserializeOwned>(
    at: &Path<'_>,
    value: &Value,
) -> Result<(T, LeftOut), Fault> {
    let mut value = value.clone();
    drop_nulls(&mut value);
    let mut left_out = LeftOut::default();
    loop {
        match serde_path_to_error::deserialize::<_, T>(&value) {
            Ok(_) => break,
            // Each turn takes something out, so that there is a last one.
            Err(error) => left_out.take_out(at, &mut value, &error)?,
        }
    }
    let mut unknown = Vec::new();
    let read = serde_ignored::deserialize(&value, |path| unknown.push(steps_of(&path)));
    // It was read above.
    let read = read.map_err(|error| at.fault(error.to_string()))?;
    for steps in unknown {
        let field = left_out.path(at, &steps);
        left_out.unknown.push(Fault {
            field,
            reason: "unknown field is ignored".to_owned(),
        });
    }
    Ok((read, left_out))
}

/// As an API server does with a field that is null, where the schema has none; an entry of a list stays.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(entries) => entries.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl LeftOut {
    /// Takes over what a check says; nothing when it refuses.
    pub(crate) fn unless<T>(&mut self, checked: Result<T, Fault>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(fault) => {
                self.add(fault);
                None
            }
        }
    }

    /// Of a field and what is below it one fault is told: the first, which led to the others.
    pub(crate) fn add(&mut self, fault: Fault) {
        if self.fault_at(&fault.field).is_none() {
            self.faults.push(fault);
        }
    }

    /// The first fault of a field or of what is below it. A field that is only unknown is none.
    pub(crate) fn fault(&self, at: &Path<'_>) -> Option<&Fault> {
        self.fault_at(&at.to_string())
    }

    /// The fault for which an entry of a list was taken out that this is true of, as it was written.
    pub(crate) fn lost(
        &self,
        list: &Path<'_>,
        is_meant: impl Fn(&Value) -> bool,
    ) -> Option<&Fault> {
        let list = list.to_string();
        let mut entries = self.taken.iter().filter(|(path, value)| {
            let place = path.strip_prefix(list.as_str()).unwrap_or_default();
            place.starts_with('[') && place.find(']') == Some(place.len() - 1) && is_meant(value)
        });
        let (path, _) = entries.next()?;
        self.fault_at(path)
    }

    fn fault_at(&self, path: &str) -> Option<&Fault> {
        self.faults.iter().find(|fault| {
            let rest = fault.field.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// The entries that are left, with the places that they were written at.
    pub(crate) fn placed<T>(&self, list: &Path<'_>, entries: Vec<T>) -> Vec<(usize, T)> {
        let list = list.to_string();
        let entries = entries.into_iter().enumerate();
        entries
            .map(|(place, entry)| (self.written_at(&list, place), entry))
            .collect()
    }

    /// For the model, by field.
    pub(crate) fn into_faults(self) -> Vec<FieldFault> {
        let faults: BTreeSet<FieldFault> = self
            .faults
            .into_iter()
            .chain(self.unknown)
            .map(|Fault { field, reason }| FieldFault {
                field: short(field),
                reason: short(reason),
            })
            .collect();
        faults.into_iter().collect()
    }

    fn take_out(
        &mut self,
        at: &Path<'_>,
        value: &mut Value,
        error: &serde_path_to_error::Error<serde_json::Error>,
    ) -> Result<(), Fault> {
        let steps: Vec<Step> = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                serde_path_to_error::Segment::Seq { index } => Some(Step::Entry(*index)),
                serde_path_to_error::Segment::Map { key } => Some(Step::Field(key.clone())),
                serde_path_to_error::Segment::Enum { .. }
                | serde_path_to_error::Segment::Unknown => None,
            })
            .collect();
        let path = self.path(at, &steps);
        let reason = error.inner().to_string();
        // Serde blames the parent of a missing field: without it the parent cannot be read.
        let missing = reason
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'));
        let fault = match missing {
            Some(missing) => Fault {
                field: format!("{path}.{missing}"),
                reason: "is required".to_owned(),
            },
            None => Fault {
                field: path.clone(),
                reason,
            },
        };
        let Some(gone) = remove(value, &steps) else {
            return Err(fault);
        };
        if let Some((Step::Entry(place), list)) = steps.split_last() {
            let list = self.path(at, list);
            let place = self.written_at(&list, *place);
            self.places.entry(list).or_default().insert(place);
        }
        self.taken.push((path, gone));
        self.add(fault);
        Ok(())
    }

    /// As it was written.
    fn path(&self, at: &Path<'_>, steps: &[Step]) -> String {
        let mut path = at.to_string();
        for step in steps {
            match step {
                Step::Field(name) => {
                    path.push('.');
                    path.push_str(name);
                }
                Step::Entry(place) => {
                    let place = self.written_at(&path, *place);
                    path.push('[');
                    path.push_str(&place.to_string());
                    path.push(']');
                }
            }
        }
        path
    }

    fn written_at(&self, list: &str, place: usize) -> usize {
        let gone = self.places.get(list).into_iter().flatten();
        gone.fold(place, |place, gone| place + usize::from(*gone <= place))
    }
}

/// Takes out what stands at the end of the steps.
fn remove(value: &mut Value, steps: &[Step]) -> Option<Value> {
    let (last, parents) = steps.split_last()?;
    let mut parent = value;
    for step in parents {
        parent = match step {
            Step::Field(name) => parent.get_mut(name)?,
            Step::Entry(place) => parent.get_mut(place)?,
        };
    }
    match last {
        Step::Field(name) => parent.as_object_mut()?.remove(name),
        Step::Entry(place) => {
            let entries = parent.as_array_mut()?;
            (*place < entries.len()).then(|| entries.remove(*place))
        }
    }
}

fn steps_of(path: &serde_ignored::Path<'_>) -> Vec<Step> {
    match path {
        serde_ignored::Path::Root => Vec::new(),
        serde_ignored::Path::Seq { parent, index } => then(parent, Step::Entry(*index)),
        serde_ignored::Path::Map { parent, key } => then(parent, Step::Field(key.clone())),
        serde_ignored::Path::Some { parent }
        | serde_ignored::Path::NewtypeStruct { parent }
        | serde_ignored::Path::NewtypeVariant { parent } => steps_of(parent),
    }
}

fn then(parent: &serde_ignored::Path<'_>, step: Step) -> Vec<Step> {
    let mut steps = steps_of(parent);
    steps.push(step);
    steps
}
