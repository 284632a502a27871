//! What a scan does not show although it may be there: there, the last good versions count on.

use std::collections::{BTreeMap, BTreeSet};

use crate::scan::{Content, Identity, Scan, Unread};

#[cfg(test)]
mod tests;

/// What is believed of a folder that is there and holds no manifest any more, having held some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emptied {
    /// Its mount is gone, or it is being filled: everything counts on until there are manifests again.
    #[default]
    Waits,
    /// It was emptied on purpose: everything that it held is gone.
    Believed,
}

/// Files and folders of which this reading says less than there may be.
#[derive(Debug)]
pub(super) struct Gaps {
    /// Files of which a part does not parse or cannot be used.
    pub(super) broken: BTreeSet<String>,
    /// What could not be read, itself and all that is below.
    pub(super) unread: BTreeMap<String, Content>,
}

impl Gaps {
    /// Whether an object of this file may still be there, although no document claims it.
    pub(super) fn hold(&self, file: &str) -> bool {
        self.broken.contains(file) || self.cover(file)
    }

    /// Whether a file could not be read, or something that it is in.
    pub(super) fn cover(&self, file: &str) -> bool {
        upwards(file).any(|path| self.unread.contains_key(path))
    }

    /// Of what was never seen, what is still not seen. The empty path is the whole folder: what then leads nowhere,
    /// or is no file, hides nothing.
    pub(super) fn still_unseen(&self, unseen: &BTreeSet<String>) -> BTreeSet<String> {
        let mut still = BTreeSet::new();
        for (path, content) in &self.unread {
            let within = |above: &str| !above.is_empty() && upwards(path).any(|it| it == above);
            let hidden = unseen.contains("") && *content == Content::Hidden;
            if hidden || unseen.iter().any(|above| within(above)) {
                still.insert(path.clone());
            }
            let below = unseen.iter().filter(|below| {
                !below.is_empty() && *below != path && upwards(below).any(|it| it == path)
            });
            still.extend(below.cloned());
        }
        still
    }
}

/// Why the folder as a whole is not believed to be empty, if so: it holds nothing to read, and of those that it held,
/// two or more are gone since the last reading, or the folder is not the one that was read then. So whoever deletes
/// the last file of all deletes it, and a mount that is gone deletes nothing. What a start finds empty was not read
/// before: it waits, too.
pub(super) fn lost_at_once(
    held: &BTreeSet<&str>,
    before: &BTreeMap<String, Identity>,
    scan: &Scan,
) -> Option<String> {
    let Scan {
        files,
        unread,
        folders,
        watched: _,
    } = scan;
    let empty = files.is_empty() && unread.is_empty() && !held.is_empty();
    if !empty || held.len() < 2 && folders.get("") == before.get("") {
        return None;
    }
    let count = held.len();
    let files = if count == 1 { "file" } else { "files" };
    Some(format!(
        "holds nothing any more, and {count} {files} at the last reading: what they held counts on until there are \
         manifests again; --allow-empty-source says that it is meant"
    ))
}

/// Folders that are there, hold nothing, and are not the ones that were read before, when they held something: the
/// mount that was there is gone.
pub(super) fn replaced(
    held: &BTreeSet<&str>,
    before: &BTreeMap<String, Identity>,
    scan: &Scan,
) -> Vec<Unread> {
    let Scan {
        files,
        unread,
        folders,
        watched: _,
    } = scan;
    let files = files.iter().map(|file| file.path.as_str());
    let paths = files.chain(unread.iter().map(|unread| unread.path.as_str()));
    let inhabited: BTreeSet<&str> = paths.flat_map(upwards).collect();
    let were_inhabited: BTreeSet<&str> = held.iter().flat_map(|file| upwards(file)).collect();
    let mut replaced: Vec<Unread> = Vec::new();
    for (path, identity) in folders {
        let is_lost = !path.is_empty()
            && were_inhabited.contains(path.as_str())
            && !inhabited.contains(path.as_str())
            && before.get(path) != Some(identity);
        // Parents come first.
        if is_lost && !replaced.iter().any(|above| covers(&above.path, path)) {
            replaced.push(Unread {
                path: path.clone(),
                reason: "holds nothing any more and is not the folder that was read before: what it held counts on \
                         until there are manifests again or it is removed"
                    .to_owned(),
                content: Content::Unusable,
            });
        }
    }
    replaced
}

/// Which folders were read, after this reading: of what could not be read now, those before.
pub(super) fn read_folders(
    before: &BTreeMap<String, Identity>,
    now: &BTreeMap<String, Identity>,
    gaps: &Gaps,
) -> BTreeMap<String, Identity> {
    let kept = before.iter().filter(|(path, _)| gaps.cover(path));
    let read = now.iter().filter(|(path, _)| !gaps.cover(path));
    let folders = kept.chain(read);
    folders.map(|(path, it)| (path.clone(), *it)).collect()
}

/// Whether `path` is `folder` or below it.
pub(super) fn covers(folder: &str, path: &str) -> bool {
    upwards(path).any(|it| it == folder)
}

/// A path, the folders that it is in, and the root.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.rmatch_indices('/').map(|(end, _)| &path[..end]);
    let root = (!path.is_empty()).then_some("");
    std::iter::once(path).chain(folders).chain(root)
}
