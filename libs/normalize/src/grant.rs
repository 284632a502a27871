//! ReferenceGrant.

use gateway_api::experimental::referencegrants::{
    ReferenceGrantFrom, ReferenceGrantSpec, ReferenceGrantTo,
};
use tributary_model::Meta;
use tributary_model::workload::{GrantFrom, GrantTo, ReferenceGrant};

use crate::check;
use crate::fault::{Fault, Path};

const SPEC: Path<'static> = Path::root("spec");

pub(crate) fn reference_grant(
    meta: Meta,
    spec: ReferenceGrantSpec,
) -> Result<ReferenceGrant, Fault> {
    let ReferenceGrantSpec { from, to } = spec;
    let from_path = SPEC.field("from");
    check::count(&from_path, from.len(), 1..=16)?;
    let to_path = SPEC.field("to");
    check::count(&to_path, to.len(), 1..=16)?;
    let from = from
        .into_iter()
        .enumerate()
        .map(|(index, entry)| {
            let ReferenceGrantFrom {
                group,
                kind,
                namespace,
            } = entry;
            let at = from_path.index(index);
            Ok(GrantFrom {
                group: check::group(&at.field("group"), group)?,
                kind: check::kind(&at.field("kind"), kind)?,
                namespace: check::namespace(&at.field("namespace"), &namespace)?,
            })
        })
        .collect::<Result<_, Fault>>()?;
    let to = to
        .into_iter()
        .enumerate()
        .map(|(index, entry)| {
            let ReferenceGrantTo { group, kind, name } = entry;
            let at = to_path.index(index);
            Ok(GrantTo {
                group: check::group(&at.field("group"), group)?,
                kind: check::kind(&at.field("kind"), kind)?,
                name: name
                    .map(|name| check::reference_name(&at.field("name"), name))
                    .transpose()?,
            })
        })
        .collect::<Result<_, Fault>>()?;
    Ok(ReferenceGrant { meta, from, to })
}
