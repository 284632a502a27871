//! Paging by key: the marker is the key of the last item of the page before, so that what is
//! created or deleted between two pages neither repeats nor hides anything else.

use crate::error::ApiError;

/// A page and the marker of the next, if there is one.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// Cuts one page of `size` out of items sorted by key.
pub(crate) fn page<K, T, I>(items: I, marker: Option<&str>, size: usize) -> Page<T>
where
    K: AsRef<str>,
    I: IntoIterator<Item = (K, T)>,
{
    let mut rest = items
        .into_iter()
        .skip_while(|(key, _)| marker.is_some_and(|marker| key.as_ref() <= marker));
    let mut page = Vec::new();
    let mut last = None;
    for (key, item) in rest.by_ref().take(size) {
        last = Some(key.as_ref().to_owned());
        page.push(item);
    }
    Page {
        items: page,
        next: rest.next().and(last),
    }
}

/// ELBv2's `PageSize`: 1 to 400, 400 when absent.
pub(crate) fn page_size(asked: Option<i64>) -> Result<usize, ApiError> {
    match asked {
        None => Ok(400),
        Some(size @ 1..=400) => Ok(usize::try_from(size).unwrap_or(400)),
        Some(size) => Err(ApiError::validation(format!(
            "1 validation error detected: Value '{size}' at 'pageSize' failed to satisfy \
             constraint: Member must be between 1 and 400"
        ))),
    }
}

#[cfg(test)]
mod tests;
