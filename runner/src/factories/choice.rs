//! Which factory takes a repository. Pure.

use forgeline_blueprints::config::{
    FactoryConfig,
    targets::{self, Fit},
};

/// A factory that may take a repository.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// For people.
    pub name: &'a str,
    /// Repositories that it may write to.
    pub targets: &'a [String],
    /// Repositories of which it serves the work items only.
    pub trackers: &'a [String],
    /// Whether it takes what nobody else takes when it names no targets.
    pub takes_the_rest: bool,
}

/// How well a factory fits, by which glob, and whether it may write there.
type Fitting<'a> = (Fit, Option<&'a str>, bool);

/// Who takes a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The candidate at this place.
    Taken {
        /// Its place.
        index: usize,
        /// The glob that fits best; none when it takes the rest.
        glob: Option<String>,
        /// Whether it may write there.
        is_target: bool,
    },
    /// These fit equally well: each with its glob.
    Tie(Vec<(String, String)>),
    /// Nobody.
    Nobody,
}

impl<'a> Candidate<'a> {
    /// A factory of the operator's list. Without targets it serves its own repository only.
    pub fn listed(name: &'a str, config: &'a FactoryConfig) -> Self {
        Self { name, targets: &config.targets, trackers: &config.trackers, takes_the_rest: false }
    }

    /// The operator's folder, or what is in the binary. Without targets it serves whoever has nobody.
    pub fn fallback(name: &'a str, config: &'a FactoryConfig) -> Self {
        Self { takes_the_rest: config.targets.is_empty(), ..Self::listed(name, config) }
    }

    fn fit(&self, forge: &str, repo: &str) -> Option<Fitting<'a>> {
        let target = targets::best(self.targets, forge, repo);
        let tracker = targets::best(self.trackers, forge, repo);
        match (target, tracker) {
            (Some((fit, glob)), Some((other, _))) if fit >= other => Some((fit, Some(glob), true)),
            (_, Some((fit, glob))) => Some((fit, Some(glob), false)),
            (Some((fit, glob)), None) => Some((fit, Some(glob), true)),
            (None, None) => self.takes_the_rest.then_some((Fit::LEAST, None, true)),
        }
    }
}

/// Who takes the repository: whose glob fits best.
pub fn choose(candidates: &[Candidate<'_>], forge: &str, repo: &str) -> Choice {
    let fits = candidates.iter().enumerate().filter_map(|(index, it)| Some((index, it.fit(forge, repo)?)));
    let fits: Vec<(usize, Fitting<'_>)> = fits.collect();
    let Some(most) = fits.iter().map(|(_, (fit, ..))| *fit).max() else { return Choice::Nobody };
    let best: Vec<_> = fits.into_iter().filter(|(_, (fit, ..))| *fit == most).collect();
    match best.as_slice() {
        [(index, (_, glob, is_target))] => {
            Choice::Taken { index: *index, glob: glob.map(str::to_owned), is_target: *is_target }
        }
        several => {
            let name = |(index, (_, glob, _)): &(usize, Fitting<'_>)| {
                (candidates[*index].name.to_owned(), glob.unwrap_or("the rest").to_owned())
            };
            Choice::Tie(several.iter().map(name).collect())
        }
    }
}

/// Globs that stand in two factories: whatever they take, both take equally well. Each with the two names.
pub fn same_globs<'a>(candidates: &[Candidate<'a>]) -> Vec<(String, &'a str, &'a str)> {
    let mut same = Vec::new();
    for (index, one) in candidates.iter().enumerate() {
        for other in &candidates[index + 1..] {
            let is_shared = |glob: &&String| other.targets.iter().any(|it| it.eq_ignore_ascii_case(glob));
            let shared = one.targets.iter().filter(is_shared);
            same.extend(shared.map(|glob| (glob.clone(), one.name, other.name)));
        }
    }
    same
}

/// Whether a repository with these settings of its own may be written to by them.
pub fn takes_itself(config: &FactoryConfig, forge: &str, repo: &str) -> bool {
    let is_tracker = targets::best(&config.trackers, forge, repo).is_some();
    let is_target = config.targets.is_empty() || targets::best(&config.targets, forge, repo).is_some();
    is_target && !is_tracker
}

/// What is said of a repository that two factories take.
pub(super) fn tie(repo: &str, factories: &[(String, String)]) -> String {
    let names: Vec<String> = factories.iter().map(|(name, glob)| format!("{name} by `{glob}`")).collect();
    format!(
        "several factories take `{repo}` equally well: {}; make one of the globs in `targets` say more, or take it out",
        names.join(", ")
    )
}

/// What was looked at in vain.
pub(super) fn looked_at(candidates: &[Candidate<'_>]) -> String {
    let globs = |it: &Candidate<'_>| {
        let all: Vec<String> = it.targets.iter().chain(it.trackers).map(|glob| format!("`{glob}`")).collect();
        let all = if all.is_empty() { "no targets".to_owned() } else { all.join(", ") };
        format!("{} takes {all}", it.name)
    };
    match candidates {
        [] => "the operator lists factories, and none of them can be used".to_owned(),
        some => format!("{}; add it to `targets` there", some.iter().map(globs).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Choice, choose, looked_at, same_globs, tie};

    struct Globs(&'static str, Vec<String>, Vec<String>, bool);

    fn globs(name: &'static str, targets: &[&str], trackers: &[&str], rest: bool) -> Globs {
        let own = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
        Globs(name, own(targets), own(trackers), rest)
    }

    fn candidates(all: &[Globs]) -> Vec<Candidate<'_>> {
        all.iter().map(|it| Candidate { name: it.0, targets: &it.1, trackers: &it.2, takes_the_rest: it.3 }).collect()
    }

    fn taken(choice: &Choice) -> Option<(usize, Option<&str>, bool)> {
        match choice {
            Choice::Taken { index, glob, is_target } => Some((*index, glob.as_deref(), *is_target)),
            Choice::Tie(_) | Choice::Nobody => None,
        }
    }

    #[test]
    fn the_best_fit_serves_and_the_rest_is_for_who_names_nothing() {
        let all = [
            globs("wide", &["acme/*"], &[], false),
            globs("narrow", &["acme/shop", "github:acme/p*"], &["acme/tracker"], false),
            globs("rest", &[], &[], true),
        ];
        let all = candidates(&all);
        for (forge, repo, expected) in [
            ("local", "acme/shop", (1, Some("acme/shop"), true)),
            ("local", "acme/pay", (0, Some("acme/*"), true)),
            ("github", "acme/pay", (1, Some("github:acme/p*"), true)),
            ("github", "acme/tracker", (1, Some("acme/tracker"), false)),
            ("github", "eve/x", (2, None, true)),
        ] {
            let choice = choose(&all, forge, repo);
            assert_eq!(taken(&choice), Some(expected), "{repo}");
        }
        assert_eq!(choose(&all[..2], "github", "eve/x"), Choice::Nobody);
        assert!(looked_at(&all[..2]).contains("wide takes `acme/*`"));
    }

    #[test]
    fn two_equal_matches_are_an_error_that_names_both() {
        let all = [globs("one", &["acme/*"], &[], false), globs("two", &["*/shop", "acme/*"], &[], false)];
        let all = candidates(&all);
        let Choice::Tie(factories) = choose(&all, "local", "acme/shop") else { panic!("a tie") };
        let text = tie("acme/shop", &factories);
        assert!(text.contains("one by `acme/*`") && text.contains("two by `"), "{text}");
        assert_eq!(same_globs(&all), [("acme/*".to_owned(), "one", "two")]);
    }
}
