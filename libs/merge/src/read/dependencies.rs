//! The record of who read what, in both directions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use slab::Slab;
use tributary_model::compact;

use crate::read::input::{Input, Reading};

/// Which result read which inputs. Each result and each input is held once, and a number stands for it everywhere else:
/// a route reads ten inputs, and some inputs are read by every route.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    /// Each with the numbers of its inputs, as they were read.
    readings: Numbered<Reading, Box<[Number]>>,
    /// Each with the numbers of its readers.
    inputs: Numbered<Input, BTreeSet<Number>>,
}

impl Reads {
    /// Frees the room that the first listing leaves.
    pub(crate) fn compact(&mut self) {
        self.readings.compact();
        self.inputs.compact();
        for readers in self.inputs.values_mut() {
            *readers = std::mem::take(readers).into_iter().collect();
        }
    }

    /// Everything that read this input, in no order.
    pub(crate) fn readers(&self, input: &Input) -> impl Iterator<Item = &Reading> {
        self.inputs
            .find(input)
            .and_then(|number| self.inputs.get(number))
            .into_iter()
            .flat_map(|(_, readers)| readers)
            .filter_map(|number| self.readings.get(*number))
            .map(|(reading, _)| &**reading)
    }

    /// Replaces what a result read; with nothing, forgets the result.
    pub(crate) fn replace(&mut self, reading: &Reading, inputs: Vec<Input>) {
        let number = self.readings.number(reading.clone());
        if self.has_read(number, &inputs) {
            return;
        }
        let read: Box<[Number]> = inputs
            .into_iter()
            .map(|input| self.inputs.number(input))
            .collect();
        let new: BTreeSet<Number> = read.iter().copied().collect();
        let old: BTreeSet<Number> = match self.readings.get_mut(number) {
            Some(known) => std::mem::replace(known, read).into_iter().collect(),
            None => BTreeSet::new(),
        };
        for input in new.difference(&old) {
            if let Some(readers) = self.inputs.get_mut(*input) {
                readers.insert(number);
            }
        }
        for input in old.difference(&new) {
            if let Some(readers) = self.inputs.get_mut(*input) {
                readers.remove(&number);
                if readers.is_empty() {
                    self.inputs.remove(*input);
                }
            }
        }
        if new.is_empty() {
            self.readings.remove(number);
        }
    }

    /// Whether the same was read as the last time, in the same order: nearly always so, and told without a search.
    fn has_read(&self, number: Number, inputs: &[Input]) -> bool {
        let Some((_, read)) = self.readings.get(number) else {
            return false;
        };
        let is_same = |(number, input): (&Number, &Input)| {
            self.inputs
                .get(*number)
                .is_some_and(|(known, _)| **known == *input)
        };
        !read.is_empty() && read.len() == inputs.len() && read.iter().zip(inputs).all(is_same)
    }
}

/// Stands for a key as long as that is held; given anew afterwards.
type Number = u32;

/// Values by key, and both by the key's number.
#[derive(Clone, Debug)]
struct Numbered<K, V> {
    entries: Slab<(Arc<K>, V)>,
    numbers: BTreeMap<Arc<K>, Number>,
}

impl<K, V> Default for Numbered<K, V> {
    fn default() -> Self {
        Self {
            entries: Slab::new(),
            numbers: BTreeMap::new(),
        }
    }
}

impl<K: Ord, V: Default> Numbered<K, V> {
    /// The number of a key that is held.
    fn find(&self, key: &K) -> Option<Number> {
        self.numbers.get(key).copied()
    }

    /// The number of a key, which is held from now on.
    fn number(&mut self, key: K) -> Number {
        if let Some(number) = self.find(&key) {
            return number;
        }
        let key = Arc::new(key);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "so many entries are more than any memory holds"
        )]
        let number = self.entries.insert((Arc::clone(&key), V::default())) as Number;
        self.numbers.insert(key, number);
        number
    }

    fn get(&self, number: Number) -> Option<&(Arc<K>, V)> {
        self.entries.get(number as usize)
    }

    fn get_mut(&mut self, number: Number) -> Option<&mut V> {
        self.entries
            .get_mut(number as usize)
            .map(|(_, value)| value)
    }

    fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, (_, value))| value)
    }

    fn remove(&mut self, number: Number) {
        if let Some((key, _)) = self.entries.try_remove(number as usize) {
            self.numbers.remove(&*key);
        }
    }

    fn compact(&mut self) {
        self.entries.shrink_to_fit();
        compact(&mut self.numbers);
    }
}

#[cfg(test)]
mod tests;
