//! Every rule of the gate, in the order in which a verdict names them.

use super::{
    GateInput, RuleOutcome, content, form, hidden, licence, paths, policy, protected, secrets, size, text,
    verdict::Answers,
};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable id, kebab case.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// What it refuses, why, and what to do.
    pub text: &'static str,
    asks: fn(&GateInput<'_>, Answers) -> Vec<RuleOutcome>,
}

impl Rule {
    /// What the rule says to a proposal.
    pub fn ask(&self, input: &GateInput<'_>) -> Vec<RuleOutcome> {
        (self.asks)(input, Answers::new(self.id))
    }
}

/// All rules. `forgeline explain <id>` shows one, `docs/gate.md` all of them.
pub const RULES: &[Rule] = &[
    Rule {
        id: "safe-path",
        title: "a path means the same on every file system",
        text: "Paths are relative, normalised, at most 4096 bytes and 32 folders deep, without `..`, control characters, `\\`, `:`, reserved device names, or `.git` in any spelling. Let the agent write to a plain path.",
        asks: paths::safe_path,
    },
    Rule {
        id: "own-path",
        title: "`.forgeline/` is Forgeline's own",
        text: "Provenance lies below `.forgeline/`, and only the publisher writes it. A file that a stage proposes there is refused, whatever a blueprint or a policy says: it could speak for work that was never done.",
        asks: paths::own_path,
    },
    Rule {
        id: "declared-path",
        title: "a stage writes what it declares",
        text: "Every file matches a `produces` entry of the stage that proposes it, with the same artifact type. Add the path to the stage's `produces`, or correct the agent.",
        asks: paths::declared_path,
    },
    Rule {
        id: "path-conflict",
        title: "no path stands in the way of another",
        text: "No two stages write the same path, no file stands where a folder is needed, and nothing is written through or over a symbolic link or a submodule of the base.",
        asks: paths::path_conflict,
    },
    Rule {
        id: "case-collision",
        title: "no two spellings of one path",
        text: "Two paths that a file system without letter case or Unicode forms holds for the same would overwrite each other on checkout. Use one spelling, that of the base if it has one.",
        asks: paths::case_collision,
    },
    Rule {
        id: "mode",
        title: "only regular files, none of them executable",
        text: "Proposals are regular files. A file that is executable in the base stays so when its content is replaced, so a person must look at new content for it.",
        asks: paths::mode,
    },
    Rule {
        id: "protected-path",
        title: "paths that decide what runs, who reviews, or what an agent is told",
        text: "Dot directories, pipelines, owners files, instruction files for agents, manifests, lock files and the factory's definitions are written only where `policy.protected` of the factory allows it. A blueprint may ask in `writes` to create one where the base has none; then a person must look.",
        asks: protected::protected_path,
    },
    Rule {
        id: "count",
        title: "a bounded number of files",
        text: "At most 100 files, so that a person can review them. Split the work item.",
        asks: size::count,
    },
    Rule {
        id: "size",
        title: "a bounded number of bytes",
        text: "At most 1 MiB a file and 4 MiB in all. Large material does not belong into a pull request that a machine writes.",
        asks: size::size,
    },
    Rule {
        id: "text",
        title: "UTF-8 without control characters",
        text: "Files, the commit message and the pull request's title are text in UTF-8. Control characters other than tab, line feed, carriage return and form feed are refused: a terminal would obey them.",
        asks: content::text,
    },
    Rule {
        id: "hidden-text",
        title: "what a reviewer sees is what is there",
        text: "Characters that hide text or change its order are refused: bidirectional controls, zero-width and filler characters, tags, runs of variation selectors, and joiners between plain letters. Scripts and emoji that need joiners and selectors keep them.",
        asks: hidden::hidden_text,
    },
    Rule {
        id: "form",
        title: "a file is what its name and type say",
        text: "`.json` files parse; `.yaml` and `.yml` files parse, and one that does not but holds template marks needs a person. Event contracts, and JSON files whose `$schema` says that they are a JSON Schema, compile as one within the registry's bounds.",
        asks: form::form,
    },
    Rule {
        id: "licence-header",
        title: "files begin with the licence that the factory asks for",
        text: "Off unless `policy.licence_header` of the factory names globs and a text. A file that matches has the text in its first line, or in the second behind a `#!` line.",
        asks: licence::licence_header,
    },
    Rule {
        id: "secrets",
        title: "nothing that has the shape of a credential",
        text: "Files, paths and texts are searched for keys, tokens and passwords. A finding names the kind and the line, never the value. Refer to a secret by name instead, and rotate one that was real.",
        asks: secrets::secrets,
    },
    Rule {
        id: "skip-ci",
        title: "no marker that keeps checks from running",
        text: "The commit message and the title hold no marker such as a bracketed `skip ci`: what is proposed is checked like anybody's work.",
        asks: text::skip_ci,
    },
    Rule {
        id: "trailers",
        title: "nobody but Forgeline speaks in its trailers",
        text: "The commit message and the title hold no line that reads as a trailer of Forgeline or as a sign-off. Forgeline adds its own trailers after the gate.",
        asks: text::trailers,
    },
    Rule {
        id: "policy",
        title: "the factory's own rules",
        text: "`policy.rules` of the factory's `forgeline.yaml`: conditions in CEL over `file`, `change`, `project`, `blueprint` and `run`, each with a verdict and a message. A condition that reads `file` is asked for every file, any other once. One that cannot be decided blocks.",
        asks: policy::rules,
    },
];

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn the_page_lists_every_rule_with_its_words() {
        let page = include_str!("../../../docs/gate.md");
        for rule in RULES {
            let row = format!("| `{}` | {} |", rule.id, rule.title);
            assert!(page.contains(&row), "docs/gate.md lacks the row `{row}`");
            assert!(rule.text.ends_with('.'), "{}", rule.id);
        }
        assert_eq!(page.lines().filter(|line| line.starts_with("| `")).count(), RULES.len(), "and no other");
    }
}
