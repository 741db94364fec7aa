//! Merges ranked lists into one, and spreads the result over files.

use std::collections::HashMap;

use forgeline_model::knowledge::Origin;

use super::Candidate;
use crate::chunk::ChunkId;

/// Weight of the exact text. Words together have 70 of 100: published measurements on code search with a tokenizer that
/// splits identifiers find that mix better than either alone.
pub(super) const CODE: f32 = 0.40;
/// Weight of headings, names, comments and prose.
pub(super) const PROSE: f32 = 0.30;
/// Weight of meaning.
pub(super) const MEANING: f32 = 0.30;

/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): how flat the first ranks are.
const FLATNESS: f32 = 60.0;
/// Hits of one file before other files have their turn.
const PER_FILE: usize = 2;

/// A chunk with its fused score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranked {
    pub(super) chunk: ChunkId,
    pub(super) score: f32,
}

/// Weighted reciprocal rank fusion: the sum over the lists of `weight × 61 / (60 + rank)`, so that the first of every
/// list together has the score of one.
pub(super) fn fuse(lists: &[(f32, Vec<ChunkId>)]) -> Vec<Ranked> {
    let mut scores: HashMap<ChunkId, f32> = HashMap::new();
    for (weight, list) in lists {
        for (rank, chunk) in (1..).zip(list) {
            *scores.entry(*chunk).or_default() += weight * (FLATNESS + 1.0) / (FLATNESS + rank as f32);
        }
    }
    let mut ranked: Vec<Ranked> = scores.into_iter().map(|(chunk, score)| Ranked { chunk, score }).collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
    ranked
}

/// What people wrote comes before what was derived from it.
pub(super) fn weight(origin: Origin) -> f32 {
    match origin {
        Origin::Source | Origin::Run => 1.0,
        Origin::Generated => 0.85,
    }
}

/// The best `k`: at most two of a file, unless too few are left.
pub(super) fn diverse(candidates: Vec<Candidate>, k: usize) -> Vec<Candidate> {
    let mut seen: HashMap<(usize, u32), usize> = HashMap::new();
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let count = seen.entry((candidate.searched, candidate.place.file_index())).or_default();
        *count += 1;
        if *count <= PER_FILE { first.push(candidate) } else { later.push(candidate) }
    }
    first.into_iter().chain(later).take(k).collect()
}

#[cfg(test)]
mod tests {
    use super::fuse;
    use crate::{chunk, classify::language};

    #[test]
    fn what_several_lists_name_comes_first() {
        let id = |text: &str| chunk::cut(language("a.txt"), text)[0].id;
        let (a, b, c) = (id("a"), id("b"), id("c"));
        let order = |lists: &[(f32, Vec<_>)]| fuse(lists).into_iter().map(|one| one.chunk).collect::<Vec<_>>();
        assert_eq!(order(&[(0.4, vec![a, b]), (0.3, vec![b, c]), (0.3, vec![b])]), [b, a, c]);
        assert_eq!(order(&[(0.7, vec![a]), (0.3, vec![b])]), [a, b]);
        let best = fuse(&[(0.7, vec![a]), (0.3, vec![a])]);
        assert!((best[0].score - 1.0).abs() < 1e-6);
        assert!(fuse(&[(0.7, vec![]), (0.3, vec![])]).is_empty());
    }
}
