//! Numbers of comments. GitHub counts comments of the conversation, comments on lines and reviews apart; in the mirror they are
//! one kind, so the two others carry a bit that says so.

/// Comments on lines.
const ON_LINES: u64 = 1 << 61;
/// Reviews.
const REVIEW: u64 = 1 << 60;

/// What a number of the mirror means on GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommentId {
    Conversation(u64),
    OnLines(u64),
    Review(u64),
}

impl CommentId {
    pub(crate) fn of(number: u64) -> Self {
        match number {
            it if it & ON_LINES != 0 => Self::OnLines(it & !ON_LINES),
            it if it & REVIEW != 0 => Self::Review(it & !REVIEW),
            it => Self::Conversation(it),
        }
    }

    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Conversation(id) => id,
            Self::OnLines(id) => id | ON_LINES,
            Self::Review(id) => id | REVIEW,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CommentId;

    #[test]
    fn the_three_kinds_never_meet() {
        for id in [1, 2_147_483_648, (1 << 60) - 1] {
            let all = [CommentId::Conversation(id), CommentId::OnLines(id), CommentId::Review(id)];
            for (at, it) in all.into_iter().enumerate() {
                assert_eq!(CommentId::of(it.number()), it);
                assert!(all[at + 1..].iter().all(|other| other.number() != it.number()));
                assert!(i64::try_from(it.number()).is_ok());
            }
        }
    }
}
