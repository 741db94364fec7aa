//! Bodies that GitHub said have an ETag: it counts no request that it answers with "not modified".

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::HeaderValue;

/// Most bytes of bodies that are kept.
const MOST_BYTES: usize = 32 << 20;
/// Most bodies that are kept.
const MOST_BODIES: usize = 5000;
/// Longest body that is kept, bytes.
const LONGEST: usize = 2 << 20;

/// A body that was read before.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) etag: HeaderValue,
    pub(crate) body: Bytes,
    /// Address of the next page.
    pub(crate) next: Option<String>,
}

#[derive(Default)]
struct Shelf {
    by_url: HashMap<Arc<str>, (u64, Kept)>,
    by_use: BTreeMap<u64, Arc<str>>,
    uses: u64,
    bytes: usize,
}

/// What is kept; the longest unused goes first.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Shelf>);

impl Cache {
    pub(crate) fn get(&self, url: &str) -> Option<Kept> {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf = &mut *shelf;
        let (name, (used, kept)) = {
            let (name, _) = shelf.by_url.get_key_value(url)?;
            let name = name.clone();
            (name.clone(), shelf.by_url.get_mut(&name)?)
        };
        shelf.by_use.remove(used);
        shelf.uses += 1;
        *used = shelf.uses;
        shelf.by_use.insert(shelf.uses, name);
        Some(kept.clone())
    }

    pub(crate) fn put(&self, url: &str, kept: Kept) {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.remove(url);
        if kept.body.len() > LONGEST {
            return;
        }
        shelf.bytes += kept.body.len();
        shelf.uses += 1;
        let (uses, name) = (shelf.uses, Arc::<str>::from(url));
        shelf.by_use.insert(uses, name.clone());
        shelf.by_url.insert(name, (uses, kept));
        while (shelf.bytes > MOST_BYTES || shelf.by_url.len() > MOST_BODIES)
            && let Some((_, oldest)) = shelf.by_use.first_key_value().map(|(at, name)| (*at, name.clone()))
        {
            shelf.remove(&oldest);
        }
    }
}

impl Shelf {
    fn remove(&mut self, url: &str) {
        if let Some((used, kept)) = self.by_url.remove(url) {
            self.by_use.remove(&used);
            self.bytes -= kept.body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;

    use super::{Cache, Kept, LONGEST, MOST_BODIES};

    fn kept(length: usize) -> Kept {
        Kept { etag: HeaderValue::from_static("\"1\""), body: Bytes::from(vec![b'x'; length]), next: None }
    }

    #[test]
    fn what_was_used_lately_stays() {
        let cache = Cache::default();
        for number in 0..MOST_BODIES {
            cache.put(&format!("/{number}"), kept(1));
        }
        assert!(cache.get("/0").is_some());
        cache.put("/new", kept(1));
        assert!(cache.get("/0").is_some(), "it was used");
        assert!(cache.get("/1").is_none(), "it was not");
        assert!(cache.get("/new").is_some());
    }

    #[test]
    fn bytes_are_bounded() {
        let cache = Cache::default();
        cache.put("/long", kept(LONGEST + 1));
        assert!(cache.get("/long").is_none());
        for number in 0..40 {
            cache.put(&format!("/{number}"), kept(LONGEST));
        }
        assert_eq!((0..40).filter(|number| cache.get(&format!("/{number}")).is_some()).count(), 16);
        cache.put("/39", kept(1));
        assert_eq!(cache.get("/39").expect("replaced").body.len(), 1);
    }
}
