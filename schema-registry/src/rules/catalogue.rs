//! Every rule of `contracts check`: its id, how much it matters and what it means.

use crate::settings::Level::{self, Error, Info, Warn};

/// One rule. Ids are stable: they stand in `registry.yaml` and in exceptions.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Kebab case, `required-added`.
    pub id: &'static str,
    /// What it matters unless `registry.yaml` says otherwise.
    pub level: Level,
    /// A few words.
    pub title: &'static str,
    /// Why it is asked, and what to do.
    pub text: &'static str,
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

const fn row(id: &'static str, level: Level, title: &'static str, text: &'static str) -> Rule {
    Rule { id, level, title, text }
}

/// All rules: relation, structure, versions and meaning, hygiene.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    row("compat-backward", Error, "new consumers refuse old events", "What producers of an earlier version write must pass what consumers of the new one read. The witness is an event that does not. Keep the field as it was, or make a new major."),
    row("compat-forward", Error, "old consumers refuse new events", "What producers of the new version write must pass what consumers of the earlier one read. The witness is an event that does not. Keep to what the earlier version promised, or make a new major."),
    row("compat-undecided", Error, "compatibility is not proven", "Neither a proof nor a counterexample was found within the budget, so the change counts as breaking. The message names the keyword; write it more simply, or have an exception reviewed."),
    row("compat-transitive-gap", Error, "an older version of the major is broken", "The change fits the newest version but not an older one of the same major, whose producers or consumers may still run. The message names the version."),

    row("field-type-changed", Error, "the type of a field changed", "Who reads or writes the field is written for its type. Add a field with a new name instead and deprecate the old one."),
    row("field-type-widened", Warn, "a field takes more types", "Consumers of earlier versions do not know the added type. Whether it breaks them is for the relation to say."),
    row("field-removed-not-deprecated", Error, "something was removed without warning", "Publish a version in which the field has `deprecated: true`, or in which the event has `status: deprecated`, and remove it after the transition period."),
    row("field-removed-too-early", Error, "the transition period is not over", "Between the publication of the version that deprecates a field and its removal lie at least `transition_days` (registry.yaml, 90 by default). The publication is the commit that brought the version to the branch."),
    row("field-removed-without-major", Error, "a field was removed within a major", "Within a major every field stays. Remove it with the next major."),
    row("field-renamed-suspect", Warn, "a field seems to be renamed", "A field went and one of the same form came. For everybody else these are two changes: keep both, deprecate the old one."),
    row("required-added", Error, "a field became required", "Producers of earlier versions leave it out. Keep it optional, or give it a `default`, which consumers fill in."),
    row("required-removed", Warn, "a field became optional", "Consumers of earlier versions rely on it. Go on requiring it within the major."),
    row("enum-value-removed", Error, "a value is no longer allowed", "Producers of earlier versions write it. Keep the value and say in its description that it is not used any more."),
    row("enum-value-added", Warn, "a value was added", "Consumers of earlier versions refuse it, or do not know what to do with it."),
    row("bound-tightened", Error, "a bound became tighter", "What producers of earlier versions write may lie outside. Keep the bound within the major."),
    row("pattern-changed", Warn, "a pattern changed", "The relation says whether it takes more, less or other text."),
    row("format-changed", Warn, "a format changed", "A format says what a text means, to people and to validators. A new meaning is a new field."),
    row("default-changed", Warn, "a default changed", "Consumers fill in the default where the field is left out, so the same event means something else."),
    row("field-reuse-after-removal", Error, "the name of a removed field is used again", "Old events carry the name with its old meaning. Take another name; `reserved` in event.yaml keeps names out of use."),
    row("nullability-changed", Warn, "whether a field may be null changed", "Null where it was never expected stops consumers; no null any more stops producers."),
    row("composition-changed", Warn, "anyOf, oneOf, not or if changed", "The form of a composition changed. The relation says whether values are gained or lost."),

    row("version-bump-too-small", Error, "the version was raised too little", "A change of what is accepted needs a minor, a removal or a new meaning a major; a patch is for words. A schema that changed needs a new version at all."),
    row("version-not-monotonic", Error, "the version does not follow the last one", "A head's version is newer than every published one, and is the next patch, minor or major."),
    row("published-version-modified", Error, "a published version changed or is gone", "Others have produced and stored events under it. Restore the files from history and publish the change under a new version. No exception covers this rule."),
    row("semantics-changed-without-bump", Error, "the meaning changed within a major", "Unit, meaning, key, privacy class (`x-…`), the meaning of values or a constant changed. The same bytes would say something else: make a new major, or a new field."),
    row("description-changed", Info, "a description changed", "Words for people. Make sure that they do not hide a new meaning."),
    row("changelog-missing", Error, "the changelog does not tell of the change", "A section `## <version>` with lines `- added: …`, `- deprecated: …`, `- removed: …`, `- semantics: …` or `- docs: …` for each kind of change that the version brings."),
    row("example-missing", Error, "an example is missing", "Each published version has at least one valid and one invalid example in `examples/<version>/`."),
    row("example-invalid", Error, "an example is judged otherwise", "Examples under `valid/` pass and those under `invalid/` do not. Valid examples of earlier versions of the major must pass the new one too."),

    row("schema-invalid", Error, "a file cannot be used", "A file of the registry is missing, malformed, at the wrong place, or a schema is not valid JSON Schema."),
    row("ref-unpinned", Error, "a reference names no published version", "A head refers to its own `$defs` or to `common/<name>/versions/<version>.json`, so that it means the same tomorrow."),
    row("ref-remote", Error, "a reference leads out of the registry", "Nothing is fetched. Put the fragment into `common/`."),
    row("ref-cycle-without-descent", Error, "a reference comes back to itself", "Following it never reaches a smaller value, so validation has no answer. Put a property or an item in between."),
    row("dialect-unsupported", Error, "the dialect is not available", "Schemas are JSON Schema 2020-12."),
    row("schema-unsatisfiable", Warn, "nothing can pass", "The constraints contradict each other, so a required field here makes the whole event impossible."),
    row("dead-branch", Warn, "a branch never matters", "A branch of `anyOf` or `oneOf` accepts nothing, or is there twice."),
    row("pattern-not-portable", Warn, "a pattern means different things elsewhere", "Inline flags, named groups in one engine's spelling, anchors like `\\A` and Unicode classes differ between engines. Use what ECMA-262 and linear engines share."),
    row("owners-missing", Error, "nobody owns the contract", "`owners` in event.yaml names who reviews a change: `@team` or an address."),
    row("codeowners-drift", Error, "CODEOWNERS differs from the registry", "The marked block in `.github/CODEOWNERS` lists the owners of every contract. `forgeline contracts release` writes it."),
    row("exception-expired", Error, "an exception is over or cannot be read", "An exception has a date after which it no longer covers anything. Settle what it covered, or have a new one reviewed."),
    row("consumer-behind", Info, "a consumer reads an older version", "A consumer that is written `name@1.0` in event.yaml stands at that version while newer ones are published."),
    row("complexity-too-high", Warn, "the schema is large", "Large schemas are slow to compare and hard to review. Split the event."),
];

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn ids_are_kebab_case_and_unique() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.id);
            assert!(RULES[..at].iter().all(|other| other.id != rule.id), "{}", rule.id);
            assert!(!rule.title.is_empty() && rule.text.ends_with('.'), "{}", rule.id);
        }
    }
}
