//! Commands that GitHub Actions and Azure Pipelines read out of what a job prints, and text that is none.

use forgeline_model::{
    Diagnostic, Severity,
    diagnostic::{escape_all_controls, escape_controls},
};

use super::System;

/// How grave a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Notice,
    /// Somebody should look.
    Warning,
    /// It failed.
    Error,
}

/// A mark on a job, or on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// How grave it is.
    pub level: Level,
    /// Code or rule.
    pub title: String,
    /// For people.
    pub message: String,
    /// File in the repository, and line and column in it, counted from 1; neither is known of a whole file.
    pub place: Option<(String, Option<(u32, u32)>)>,
}

impl From<&Diagnostic> for Mark {
    fn from(finding: &Diagnostic) -> Self {
        let place = finding.span.as_ref().map(|span| (span.file.clone(), Some((span.line, span.column))));
        let message = match &finding.hint {
            Some(hint) => format!("{}; {hint}", finding.message),
            None => finding.message.clone(),
        };
        let level = match finding.severity {
            Severity::Info => Level::Notice,
            Severity::Warning => Level::Warning,
            Severity::Error => Level::Error,
        };
        Self { level, title: finding.code.clone(), message, place }
    }
}

impl System {
    /// The command that makes a mark, one line with its end.
    pub fn mark(self, mark: &Mark) -> String {
        let at = |file: &str, line: &str, column: &str, end: char, property: &dyn Fn(&str) -> String| {
            let Some((path, place)) = &mark.place else { return String::new() };
            let place = place.map_or_else(String::new, |(l, c)| format!("{line}={l}{end}{column}={c}{end}"));
            format!("{file}={}{end}{place}", property(&escape_all_controls(path)))
        };
        match self {
            Self::GitHub => {
                let level = match mark.level {
                    Level::Notice => "notice",
                    Level::Warning => "warning",
                    Level::Error => "error",
                };
                let place = at("file", "line", "col", ',', &github_property);
                let (title, message) = (escape_all_controls(&mark.title), escape_controls(&mark.message));
                format!("::{level} {place}title={}::{}\n", github_property(&title), github_data(&message))
            }
            Self::Azure => {
                let level = if mark.level == Level::Error { "error" } else { "warning" };
                let place = at("sourcepath", "linenumber", "columnnumber", ';', &azure_property);
                let (title, message) = (escape_all_controls(&mark.title), escape_controls(&mark.message));
                format!(
                    "##vso[task.logissue type={level};{place}code={}]{}\n",
                    azure_property(&title),
                    azure_data(&message)
                )
            }
        }
    }

    /// The command behind which lines are folded away under a title.
    pub fn group(self, title: &str) -> String {
        match self {
            Self::GitHub => format!("::group::{}\n", github_data(&escape_all_controls(title))),
            Self::Azure => format!("##[group]{}\n", self.defused(&azure_data(&escape_all_controls(title)))),
        }
    }

    /// The command that ends what is folded away.
    pub fn end_group(self) -> &'static str {
        match self {
            Self::GitHub => "::endgroup::\n",
            Self::Azure => "##[endgroup]\n",
        }
    }

    /// Text that the system reads as text only: what would be a command in it is pulled apart.
    pub fn defused(self, text: &str) -> String {
        let mut calm = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let start = line.trim_start();
            let (indent, start) = line.split_at(line.len() - start.len());
            calm.push_str(indent);
            match start.strip_prefix("::") {
                Some(rest) if self == Self::GitHub => {
                    calm.push_str(": :");
                    pull_apart(rest, "# #", &mut calm);
                }
                _ => pull_apart(start, "# #", &mut calm),
            }
        }
        calm
    }

    /// The same for a JSON document, which stays the same document.
    pub fn defused_json(self, text: &str) -> String {
        let mut calm = String::with_capacity(text.len());
        pull_apart(text, "#\\u0023", &mut calm);
        calm
    }
}

/// Writes `apart` for the `##` of each `##[` and `##vso[`.
fn pull_apart(text: &str, apart: &str, into: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find("##") {
        into.push_str(&rest[..at]);
        let behind = &rest[at + 2..];
        let word = behind.get(..4).unwrap_or_default();
        if behind.starts_with('[') || word.eq_ignore_ascii_case("vso[") {
            into.push_str(apart);
            rest = behind;
        } else {
            // The second one may be the first of the next pair.
            into.push('#');
            rest = &rest[at + 1..];
        }
    }
    into.push_str(rest);
}

pub(super) fn github_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value also escapes what separates properties.
fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn azure_data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

fn azure_property(text: &str) -> String {
    azure_data(text).replace(';', "%3B").replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use forgeline_model::{Diagnostic, diagnostic::Span};

    use super::{Mark, System};

    #[test]
    fn pipelines_read_their_own_annotations() {
        let span = Span { file: "a,b.yaml".into(), line: 3, column: 5, length: 2 };
        let finding = Diagnostic::error("FL0107", "field `x` is not 100% known").at(span, "a\nb\n  - xy\n");
        let mark = Mark::from(&finding.hint("write\n`y`"));
        assert_eq!(
            System::GitHub.mark(&mark),
            "::error file=a%2Cb.yaml,line=3,col=5,title=FL0107::field `x` is not 100%25 known; write%0A`y`\n"
        );
        assert_eq!(
            System::Azure.mark(&mark),
            "##vso[task.logissue type=error;sourcepath=a,b.yaml;linenumber=3;columnnumber=5;code=FL0107]field `x` is not \
             100%AZP25 known; write%0A`y`\n"
        );
    }

    #[test]
    fn strangers_give_no_commands() {
        let check = |system: System, text: &str, expected: &str| assert_eq!(system.defused(text), expected, "{text}");
        check(System::GitHub, "a\n  ::add-path::/evil\nb::c\n", "a\n  : :add-path::/evil\nb::c\n");
        check(System::GitHub, "x ##[add-path]/evil", "x # #[add-path]/evil");
        check(
            System::Azure,
            "x ##vso[task.setvariable variable=PATH]/evil",
            "x # #vso[task.setvariable variable=PATH]/evil",
        );
        check(System::Azure, "###VSO[a]##[section]b", "## #VSO[a]# #[section]b");
        check(System::Azure, "## Heading\n#\u{e9}##", "## Heading\n#\u{e9}##");
        check(System::Azure, "::debug::x", "::debug::x");
    }

    #[test]
    fn a_document_stays_what_it_is() {
        let document = serde_json::json!({"said": "##vso[task.complete result=Succeeded]", "##[x]": "## y"});
        for system in [System::GitHub, System::Azure] {
            let calm = system.defused_json(&document.to_string());
            assert!(!calm.contains("##vso[") && !calm.contains("##["), "{calm}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&calm).expect("JSON"), document);
        }
    }

    #[test]
    fn groups_and_marks_are_one_line_whatever_they_say() {
        for system in [System::GitHub, System::Azure] {
            let group = system.group("a\n::error::b\u{1b}[2J%0A");
            assert_eq!((group.lines().count(), group.contains('\u{1b}')), (1, false), "{group}");
            let mark = Mark {
                level: super::Level::Error,
                title: "a\n],;::b".into(),
                message: "c\r\n##vso[task.complete]\u{1b}[2J".into(),
                place: Some(("x\n::y,;]".into(), None)),
            };
            let line = system.mark(&mark);
            assert_eq!((line.lines().count(), line.contains('\u{1b}')), (1, false), "{line}");
        }
    }
}
