//! Where each chunk stands on a reference.

use std::{collections::HashMap, sync::Arc};

use forgeline_model::knowledge::{Origin, RefRole};

use crate::{
    chunk::ChunkId,
    truth::{BlobKey, BlobLog, RefFile, RefHead},
};

/// A chunk's place on a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    file: u32,
    pub(crate) lines: (u32, u32),
}

/// The chunks of a reference at one generation, by id.
#[derive(Debug)]
pub(crate) struct RefView {
    pub(crate) head: Arc<RefHead>,
    places: HashMap<ChunkId, Vec<Place>>,
    origins: Vec<Origin>,
}

impl RefView {
    /// `base` is the repository's default branch: a run's files are those that differ from it.
    pub(crate) fn new(head: Arc<RefHead>, base: Option<&RefHead>, blobs: &BlobLog) -> Self {
        let base: HashMap<&str, &BlobKey> = match (head.role, base) {
            (RefRole::Run, Some(base)) => base.files.iter().map(|file| (file.path.as_str(), &file.blob)).collect(),
            _ => HashMap::new(),
        };
        let mut places: HashMap<ChunkId, Vec<Place>> = HashMap::new();
        let mut origins = Vec::with_capacity(head.files.len());
        for (index, file) in (0..).zip(&head.files) {
            let blob = blobs.get(&file.blob);
            let marked = blob.is_some_and(|blob| blob.generated) || head.generated.contains(&file.path);
            let runs_own = head.role == RefRole::Run && base.get(file.path.as_str()) != Some(&&file.blob);
            origins.push(match (runs_own, marked) {
                (true, _) => Origin::Run,
                (false, true) => Origin::Generated,
                (false, false) => Origin::Source,
            });
            for placed in blob.iter().flat_map(|blob| &blob.chunks) {
                places.entry(placed.chunk).or_default().push(Place { file: index, lines: placed.lines });
            }
        }
        let mut view = Self { head, places, origins };
        view.order();
        view
    }

    /// The place that is cited comes first: the least deep one, then by name.
    fn order(&mut self) {
        let files = &self.head.files;
        for places in self.places.values_mut().filter(|places| places.len() > 1) {
            places.sort_by_key(|place| {
                let path = files[place.file as usize].path.as_str();
                (path.split('/').count(), path, place.lines)
            });
        }
    }

    pub(crate) fn chunks(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn places(&self, id: ChunkId) -> &[Place] {
        self.places.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn file(&self, place: &Place) -> &RefFile {
        &self.head.files[place.file as usize]
    }

    pub(crate) fn origin(&self, place: &Place) -> Origin {
        self.origins[place.file as usize]
    }
}

impl Place {
    /// Places with an equal value are in the same file.
    pub(super) fn file_index(&self) -> u32 {
        self.file
    }
}
