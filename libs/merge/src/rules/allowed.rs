//! Which namespaces may attach: `allowedListeners` and `allowedRoutes` (rules allowed-listeners, allowed-routes).

use std::collections::BTreeMap;

use tributary_model::resolved::NotAllowedCause;
use tributary_model::selector::FromNamespaces;
use tributary_model::{Kind, Name};

use crate::read::reader::Reader;

/// Why an object in `namespace` may not attach to one in `home`; nothing if it may.
pub(crate) fn refusal(
    reader: &mut Reader<'_>,
    from: &FromNamespaces,
    home: &Name,
    namespace: &Name,
) -> Option<NotAllowedCause> {
    match from {
        FromNamespaces::None => Some(NotAllowedCause::NoneAllowed),
        FromNamespaces::All => None,
        FromNamespaces::Same => (home != namespace).then_some(NotAllowedCause::OtherNamespace),
        FromNamespaces::Selector(None) => Some(NotAllowedCause::SelectorMissing),
        FromNamespaces::Selector(Some(selector)) => {
            let unlabelled = BTreeMap::new();
            let labels = match reader.namespace_labels(namespace) {
                Some(labels) => labels,
                // `NotIn` must not let in who is only not known.
                None if reader.is_unread(Kind::Namespace) => {
                    return Some(NotAllowedCause::SelectorMiss);
                }
                None => &unlabelled,
            };
            (!selector.matches(labels)).then_some(NotAllowedCause::SelectorMiss)
        }
    }
}
