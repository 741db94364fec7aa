//! The table of what is served.

use std::collections::BTreeMap;

use super::call::Call;
use super::reply::{Refusal, Reply};
use super::routes;
use crate::model::access::Level;
use crate::model::app::Access;

/// What a caller must be allowed to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need {
    /// Anybody may ask.
    Nothing,
    /// A person's token.
    Account,
    /// A JWT.
    App,
    /// A JWT of an App that is installed in the repository.
    AppInRepository,
    /// A token of an installation.
    Installation,
    /// Programs need one of the areas' permissions, people the level.
    Repository { areas: &'static [&'static str], access: Access, level: Level },
}

/// Answers one kind of request.
pub(crate) type Handler = fn(&mut Call<'_>) -> Result<Reply, Refusal>;

/// One operation of the API.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    /// As in GitHub's description.
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    pub(crate) handler: Handler,
}

impl Operation {
    /// `METHOD /path/{parameter}`.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The parameters that a path gives, if it is one of this operation; a last one may hold slashes.
    pub(crate) fn match_path(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let route = self.route();
        let (mut params, mut rest) = (BTreeMap::new(), path.strip_prefix('/')?);
        for part in route.split('/').skip(1) {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            if let Some(name) = name.and_then(|name| name.strip_prefix('*')) {
                params.insert(name.to_owned(), rest.to_owned());
                return (!rest.is_empty()).then_some(params);
            }
            let (first, tail) = rest.split_once('/').unwrap_or((rest, ""));
            match name {
                Some(name) if !first.is_empty() => drop(params.insert(name.to_owned(), first.to_owned())),
                None if first == part => {}
                _ => return None,
            }
            rest = tail;
        }
        rest.is_empty().then_some(params)
    }

    /// The path for axum: some parameters take slashes.
    pub(crate) fn route(&self) -> String {
        const SLASHED: [&str; 4] = ["contents/{path}", "branches/{branch}", "compare/{basehead}", "/git/"];
        let slashed = SLASHED.iter().any(|part| self.path.contains(part)) && self.path.ends_with('}');
        match self.path.rfind('{').filter(|_| slashed) {
            Some(at) => format!("{}{{*{}", &self.path[..at], &self.path[at + 1..]),
            None => self.path.to_owned(),
        }
    }
}

/// An operation in a repository.
pub(crate) const fn within(
    method: &'static str,
    path: &'static str,
    areas: &'static [&'static str],
    access: Access,
    level: Level,
    handler: Handler,
) -> Operation {
    Operation { method, path, need: Need::Repository { areas, access, level }, handler }
}

/// One that needs no repository.
pub(crate) const fn outside(method: &'static str, path: &'static str, need: Need, handler: Handler) -> Operation {
    Operation { method, path, need, handler }
}

/// All operations that are served.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    routes::TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::all;
    use crate::github::openapi;

    #[test]
    fn what_is_served_is_described_and_listed() {
        let served: BTreeSet<String> = all().map(super::Operation::name).collect();
        let described: BTreeSet<String> = openapi::described().into_iter().collect();
        let listed = include_str!("../../openapi/operations.txt").lines().filter(|line| !line.starts_with('#'));
        let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
        assert_eq!(served, listed, "operations.txt lists what the table has");
        assert_eq!(served, described, "run scripts/github-openapi");
        assert_eq!(openapi::source(), "@octokit/openapi@23.0.2");
    }
}
