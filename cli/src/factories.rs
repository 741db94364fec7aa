//! The factories that the operator lists, and what is wrong with the list.

use std::sync::Arc;

use forgeline_blueprints::config::operator::Forges;
use forgeline_model::diagnostic::has_errors;
use forgeline_runner::{
    Factories, InForce, Runner,
    factories::{Candidate, Source, same_globs},
};

use crate::{
    exit::{Exit, Failure},
    operator::Operator,
    output,
};

/// The list, read; the repositories are not looked at yet.
///
/// # Errors
/// An element is no repository.
pub fn of(operator: &Operator) -> anyhow::Result<Factories> {
    let config = &operator.file.config;
    let served = web_addresses(&config.forges);
    let mut sources: Vec<Source> = Vec::new();
    for (index, text) in config.factories.iter().enumerate() {
        let place = operator.file.origin(&format!("/factories/{index}")).unwrap_or_default();
        let refuse = |reason: &str| Failure::new(Exit::Invalid, format!("{place}: `factories`: {reason}"));
        let source = Source::parse(text, &served).map_err(|reason| refuse(&reason))?;
        if sources.iter().any(|known| known.place == source.place) {
            return Err(refuse(&format!("`{}` stands there twice", source.shown)).into());
        }
        sources.push(source);
    }
    Ok(Factories::new(sources))
}

/// Where people see the repositories of forges that are served.
fn web_addresses(forges: &Forges) -> Vec<String> {
    let (github, azure) = (&forges.github, &forges.azure_devops);
    let mut all = Vec::new();
    if github.token.is_some() || github.app_id.is_some() {
        let base = github.base_url.as_deref().unwrap_or("https://api.github.com").trim_end_matches('/');
        let base = base.strip_suffix("/api/v3").unwrap_or(base);
        all.push(if base == "https://api.github.com" { "https://github.com".to_owned() } else { base.to_owned() });
    }
    if let (Some(organization), true) = (&azure.organization, azure.token.is_some() || azure.client_id.is_some()) {
        let base = azure.base_url.as_deref().unwrap_or("https://dev.azure.com").trim_end_matches('/');
        all.push(format!("{base}/{organization}"));
    }
    all
}

/// Reads the listed factories, and refuses a list in which two take the same equally well. One that cannot be read is told, and
/// may come later.
///
/// # Errors
/// Two factories take the same repository, or name the same glob; only told when it is not `strict`.
pub async fn check(runner: &Runner, fallback: &InForce, strict: bool) -> anyhow::Result<()> {
    if runner.factories().is_empty() {
        return Ok(());
    }
    runner.read_factories().await;
    let mut wrong = Vec::new();
    let listed = runner.factories().listed();
    for it in &listed {
        match &it.found {
            Ok(in_force) if has_errors(&in_force.findings) => {
                output::note(&format!("  warning   the definitions of the factory {} have errors", it.source.shown));
            }
            Ok(_) => {}
            Err(why) => output::note(&format!("  warning   the factory {} cannot be read: {why}", it.source.shown)),
        }
    }
    let readable = listed.iter().filter_map(|it| Some((it.source.shown.as_str(), it.found.as_ref().ok()?)));
    let candidates: Vec<_> = readable.map(|(name, it)| Candidate::listed(name, &it.factory.config)).collect();
    wrong.extend(same_globs(&candidates).into_iter().map(|(glob, one, other)| {
        format!("the factories {one} and {other} both have `{glob}` in `targets`; take it out of one of them")
    }));
    wrong.extend(runner.factory_ties(&Arc::new(fallback.clone())).await?.iter().map(ToString::to_string));
    wrong.dedup();
    if let (true, false) = (strict, wrong.is_empty()) {
        return Err(Failure::new(Exit::Invalid, wrong.join("; ")).into());
    }
    wrong.iter().for_each(|text| output::note(&format!("  warning   {text}")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::config::operator::OperatorFile;

    use super::of;
    use crate::operator::Operator;

    fn read(list: &str) -> Result<Vec<String>, String> {
        let text = format!(
            "apiVersion: forgeline.dev/v1\nkind: Operator\nfactories: {list}\nforges:\n  github: {{token: \"env:T\"}}\n"
        );
        let file = OperatorFile::read("operator.yaml", text.as_bytes());
        assert_eq!(file.findings, []);
        let factories = of(&Operator { found: None, file }).map_err(|error| error.to_string())?;
        Ok(factories.listed().into_iter().map(|it| it.source.shown).collect())
    }

    #[test]
    fn the_list_names_each_factory_once() {
        let read_well = read("[\"https://github.com/acme/factory\", \"/srv/other\"]").expect("a list");
        assert_eq!(read_well, ["acme/factory", "/srv/other"]);
        let twice = read("[acme/factory, \"https://github.com/acme/factory.git\"]").expect_err("twice");
        assert!(twice.contains("operator.yaml") && twice.contains("twice"), "{twice}");
        assert!(read("[factory]").expect_err("no repository").contains("owner/name"));
    }
}
