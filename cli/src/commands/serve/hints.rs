//! Where to look first.

use std::collections::BTreeSet;

use forgeline_forge::types::RepoId;
use forgeline_store::UnseenHook;

/// What the hooks that wait say about where to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// Repositories that were named, each once.
    pub(super) repositories: Vec<RepoId>,
    /// Whether one of the hooks named none, so that anything may be new.
    pub(super) everywhere: bool,
}

impl Hints {
    /// Of these hooks.
    pub(super) fn of(hooks: &[UnseenHook]) -> Self {
        let parsed: Vec<Option<RepoId>> =
            hooks.iter().map(|hook| hook.repository.as_deref().and_then(|name| name.parse().ok())).collect();
        let everywhere = parsed.iter().any(Option::is_none);
        let repositories: BTreeSet<RepoId> = parsed.into_iter().flatten().collect();
        Self { repositories: repositories.into_iter().collect(), everywhere }
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::Timestamp;
    use forgeline_store::UnseenHook;

    use super::Hints;

    #[test]
    fn each_repository_is_named_once_and_what_is_no_name_means_everywhere() {
        let hook = |repository: Option<&str>| UnseenHook {
            seq: 1,
            source: "github".into(),
            delivery: "d".into(),
            event: "push".into(),
            repository: repository.map(str::to_owned),
            received_at: Timestamp::from_millis(0),
        };
        let names = |hints: &Hints| hints.repositories.iter().map(ToString::to_string).collect::<Vec<_>>();
        let clear = Hints::of(&[hook(Some("b/c")), hook(Some("a/b")), hook(Some("b/c"))]);
        assert_eq!((names(&clear), clear.everywhere), (vec!["a/b".to_owned(), "b/c".to_owned()], false));
        for unclear in [None, Some("Acme Web/shop"), Some("a")] {
            let hints = Hints::of(&[hook(Some("a/b")), hook(unclear)]);
            assert_eq!((names(&hints), hints.everywhere), (vec!["a/b".to_owned()], true), "{unclear:?}");
        }
        assert_eq!(Hints::of(&[]), Hints::default());
    }
}
