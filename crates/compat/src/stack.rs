//! Room for recursion: schemas and values nest deeper than the stack of a thread may hold.

/// More than is used from one call of [`deep`] to the next, bytes.
const SPARE: usize = 128 << 10;
/// What is added when there is less, bytes.
const SEGMENT: usize = 2 << 20;

/// Does one level of something that may nest deep.
pub(crate) fn deep<T>(level: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(SPARE, SEGMENT, level)
}
