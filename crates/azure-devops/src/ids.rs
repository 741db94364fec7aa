//! Numbers: what a work item, a pull request or a comment is called in the mirror.
//!
//! Work items and pull requests count apart, each over the whole organization. A work item keeps its number; a pull request
//! has a thousand millions more than its own. Texts that leave write `!7` for such a number, as people there do, and texts
//! that come are read the other way.
//!
//! A comment on a work item keeps its id. One in a thread of a pull request is known by three numbers there; they are packed
//! into one of 62 bits: one bit that says so, 25 for the pull request, 28 for the thread, 8 for the comment in it.

/// What a pull request's number is more than its own.
const PULLS: u64 = 1_000_000_000;
/// Digits of such a number: as many as of [`PULLS`] itself, since no id has more.
const DIGITS: usize = 10;

const IN_THREAD: u64 = 1 << 61;
const PULL_BITS: u32 = 25;
const THREAD_BITS: u32 = 28;
const COMMENT_BITS: u32 = 8;

/// What a number in the mirror means there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    WorkItem(i32),
    Pull(i32),
}

impl Item {
    /// None for what can be nothing there.
    pub(crate) fn of(number: u64) -> Option<Self> {
        if number > PULLS {
            return i32::try_from(number - PULLS).ok().map(Self::Pull);
        }
        i32::try_from(number).ok().filter(|id| *id > 0).map(Self::WorkItem)
    }

    pub(crate) fn number(self) -> u64 {
        match self {
            Self::WorkItem(id) => u64::from(id.unsigned_abs()),
            Self::Pull(id) => PULLS + u64::from(id.unsigned_abs()),
        }
    }
}

/// The id there of the pull request that has this number in the mirror; none when it is a work item's.
#[must_use]
pub fn pull_request_id(number: u64) -> Option<i32> {
    match Item::of(number)? {
        Item::Pull(id) => Some(id),
        Item::WorkItem(_) => None,
    }
}

/// A comment in a thread of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InThread {
    pub(crate) pull: i32,
    pub(crate) thread: i32,
    pub(crate) comment: i32,
}

impl InThread {
    /// None when one of them is too large for its place.
    pub(crate) fn pack(self) -> Option<u64> {
        let fits = |value: i32, bits: u32| u64::try_from(value).ok().filter(|value| *value < 1 << bits);
        let (pull, thread) = (fits(self.pull, PULL_BITS)?, fits(self.thread, THREAD_BITS)?);
        let comment = fits(self.comment, COMMENT_BITS)?;
        Some(IN_THREAD | pull << (THREAD_BITS + COMMENT_BITS) | thread << COMMENT_BITS | comment)
    }

    /// None for the id of a comment on a work item.
    pub(crate) fn unpack(id: u64) -> Option<Self> {
        let part = |shift: u32, bits: u32| i32::try_from(id >> shift & ((1 << bits) - 1)).ok();
        if id & IN_THREAD == 0 || id > IN_THREAD * 2 - 1 {
            return None;
        }
        let pull = part(THREAD_BITS + COMMENT_BITS, PULL_BITS)?;
        Some(Self { pull, thread: part(COMMENT_BITS, THREAD_BITS)?, comment: part(0, COMMENT_BITS)? })
    }
}

/// A text of ours as it leaves.
pub(crate) fn outward(text: &str) -> String {
    let translate = |digits: &str| {
        let number: u64 = digits.parse().ok().filter(|_| digits.len() == DIGITS)?;
        match Item::of(number)? {
            Item::Pull(id) => Some(format!("!{id}")),
            Item::WorkItem(_) => None,
        }
    };
    translated(text, '#', translate)
}

/// A text of theirs as it comes.
pub(crate) fn inward(text: &str) -> String {
    let translate = |digits: &str| {
        let id: i32 = digits.parse().ok().filter(|id| *id > 0)?;
        (!digits.starts_with('0')).then(|| format!("#{}", Item::Pull(id).number()))
    };
    translated(text, '!', translate)
}

/// Replaces a sign with digits behind it that stands alone.
fn translated(text: &str, sign: char, translate: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let behind = &rest[next.len_utf8()..];
        let length = behind.bytes().take_while(u8::is_ascii_digit).count();
        let after = behind[length..].chars().next().unwrap_or(' ');
        let alone = |c: char| !c.is_alphanumeric() && !matches!(c, '_' | '/' | '#' | '!' | '&');
        if next == sign
            && length > 0
            && alone(before)
            && alone(after)
            && let Some(instead) = translate(&behind[..length])
        {
            out.push_str(&instead);
            rest = &behind[length..];
            before = '0';
            continue;
        }
        out.push(next);
        before = next;
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{InThread, Item, inward, outward};

    #[test]
    fn the_two_kinds_of_numbers_never_meet() {
        for id in [1, 7, 4096, 999_999_999] {
            for item in [Item::WorkItem(id), Item::Pull(id)] {
                assert_eq!(Item::of(item.number()), Some(item));
            }
        }
        assert_eq!(Item::Pull(7).number(), 1_000_000_007);
        assert_eq!((Item::of(0), Item::of(u64::MAX)), (None, None));
    }

    #[test]
    fn a_comment_is_known_by_one_number() {
        let most = InThread { pull: (1 << 25) - 1, thread: (1 << 28) - 1, comment: 255 };
        let mut packed = Vec::new();
        for it in [most, InThread { pull: 1, thread: 1, comment: 1 }, InThread { pull: 7, thread: 90_000, comment: 3 }]
        {
            let id = it.pack().expect("it fits");
            assert!((1 << 61..1 << 62).contains(&id));
            assert_eq!(InThread::unpack(id), Some(it));
            packed.push(id);
        }
        for large in [
            InThread { pull: 1 << 25, ..most },
            InThread { thread: 1 << 28, ..most },
            InThread { comment: 256, ..most },
            InThread { pull: -1, ..most },
        ] {
            assert_eq!(large.pack(), None);
        }
        assert_eq!(InThread::unpack(4711), None, "a comment on a work item");
        packed.dedup();
        assert_eq!(packed.len(), 3);
    }

    #[test]
    fn texts_name_pull_requests_as_people_do() {
        for (ours, theirs) in [
            ("see #1000000007.", "see !7."),
            ("#1000000007", "!7"),
            ("(#1000000012, #5)", "(!12, #5)"),
            ("ä#1000000007", "ä#1000000007"),
            ("x#10000000071 #999", "x#10000000071 #999"),
            ("![a](b)", "![a](b)"),
        ] {
            assert_eq!(outward(ours), theirs);
            assert_eq!(inward(theirs), ours);
        }
        assert_eq!(inward("wow!7 !007 !a !! !7a"), "wow!7 !007 !a !! !7a");
    }
}
