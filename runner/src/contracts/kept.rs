//! A bounded memory: what was not used for the longest time makes room.

use std::{collections::HashMap, hash::Hash};

/// At most so many values by key.
pub(crate) struct Kept<K, V> {
    most: usize,
    /// Counts uses.
    now: u64,
    values: HashMap<K, (u64, V)>,
}

impl<K: Eq + Hash + Clone, V: Clone> Kept<K, V> {
    /// Room for `most` values, at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), now: 0, values: HashMap::new() }
    }

    /// The value with this key; it counts as used.
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        self.now += 1;
        let (used, value) = self.values.get_mut(key)?;
        *used = self.now;
        Some(value.clone())
    }

    /// Keeps a value.
    pub(crate) fn put(&mut self, key: K, value: V) {
        self.now += 1;
        if self.values.len() >= self.most && !self.values.contains_key(&key) {
            let oldest = self.values.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.values.remove(&key));
        }
        self.values.insert(key, (self.now, value));
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    #[test]
    fn the_one_that_was_not_used_makes_room() {
        let mut kept = Kept::new(2);
        kept.put("a", 1);
        kept.put("b", 2);
        assert_eq!(kept.get(&"a"), Some(1));
        kept.put("c", 3);
        assert_eq!((kept.get(&"a"), kept.get(&"b"), kept.get(&"c")), (Some(1), None, Some(3)));
        kept.put("c", 4);
        assert_eq!((kept.get(&"a"), kept.get(&"c")), (Some(1), Some(4)));
    }
}
