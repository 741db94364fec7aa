//! Forms of single texts: what a name, a version, a glob … looks like. One place for checks and editor schemas.

use forgeline_engine::condition::Condition;
use forgeline_model::{ProjectId, SafePath, SecretRef, StageId, Usd, task::EventRef};
use globset::Glob;
use semver::{Version, VersionReq};

use crate::{
    agent_use::AgentUse,
    codes,
    config::targets::{self, TargetGlob},
    cron::Cron,
    period::Period,
    schedule,
};

/// The form that a text must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text that is not empty.
    Text,
    /// Exactly this text.
    Exactly(&'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Kebab-case name.
    Name,
    /// Name of a variable: letters, digits and `_`.
    Variable,
    /// Id of a stage.
    StageId,
    /// Id of a project.
    ProjectId,
    /// Pascal-case name of an event or artifact type.
    TypeName,
    /// Semantic version.
    Version,
    /// Range of versions.
    VersionRange,
    /// `name@range` of an agent.
    AgentUse,
    /// `Name@1.0` of an event contract.
    EventRef,
    /// Length of time.
    Period,
    /// Amount of US dollars.
    Usd,
    /// CEL condition.
    Condition,
    /// Text with `{{…}}` in it.
    Template,
    /// Glob over paths of a repository.
    Glob,
    /// Glob over `owner/name` of repositories, a forge before it or not.
    Target,
    /// File or folder inside the definition's own folder.
    OwnPath,
    /// `owner/name` of a repository.
    Repository,
    /// `owner/name` of a repository, or the path of one on this machine.
    RepositoryOrPath,
    /// Cron expression with five fields.
    Cron,
    /// IANA time zone.
    TimeZone,
    /// Calendar date.
    Date,
    /// Absolute path on the machine.
    HostPath,
    /// Reference to a secret, `env:NAME` or `file:/path`.
    Secret,
    /// Address of a web service, without credentials.
    Url,
}

/// Why a text does not have its form: code and message, and what to do if the message does not say it.
pub struct Misfit {
    /// Diagnostic code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Form {
    /// Checks a text.
    ///
    /// # Errors
    /// Why it does not have this form.
    pub fn check(self, text: &str) -> Result<(), Misfit> {
        let shown: String = text.chars().take(80).collect();
        let misfit = |expected: &str| Misfit {
            code: codes::WRONG_FORM,
            message: format!("`{shown}` is not {expected}"),
            hint: None,
        };
        let told =
            |code: &'static str, error: &dyn std::fmt::Display| Misfit { code, message: error.to_string(), hint: None };
        match self {
            Self::Text if text.trim().is_empty() => Err(misfit("a text; it is empty")),
            Self::Text | Self::Template => Ok(()),
            Self::Exactly(expected) if text == expected => Ok(()),
            Self::Exactly(expected) => Err(misfit(&format!("what stands here; expected `{expected}`"))),
            Self::OneOf(choices) if choices.contains(&text) => Ok(()),
            Self::OneOf(choices) => Err(Misfit {
                hint: Some(crate::suggest::hint(text, choices.iter().copied())),
                ..misfit(&format!("one of {}", crate::suggest::list(choices)))
            }),
            Self::Name if is_name(text) => Ok(()),
            Self::Name => {
                Err(misfit("a name; expected lower-case letters, digits and `-`, at most 64, a letter first"))
            }
            Self::Variable if is_variable(text) => Ok(()),
            Self::Variable => Err(misfit("a variable; expected lower-case letters, digits and `_`, a letter first")),
            Self::StageId => text.parse::<StageId>().map(drop).map_err(|error| told(codes::WRONG_FORM, &error)),
            Self::ProjectId => text.parse::<ProjectId>().map(drop).map_err(|error| told(codes::WRONG_FORM, &error)),
            Self::TypeName if is_type_name(text) => Ok(()),
            Self::TypeName => Err(misfit("a type name; write it like `VisionDocument`")),
            Self::Version => text.parse::<Version>().map(drop).map_err(|_| misfit("a version; write it like `1.0.0`")),
            Self::VersionRange => {
                text.parse::<VersionReq>().map(drop).map_err(|_| misfit("a version range; write it like `^1`"))
            }
            Self::AgentUse => text.parse::<AgentUse>().map(drop).map_err(|error| told(codes::WRONG_FORM, &error)),
            Self::EventRef => event_ref(text)
                .map(drop)
                .ok_or_else(|| misfit("an event contract with its version; write it like `VisionDocumentCreated@1.0`")),
            Self::Period => text.parse::<Period>().map(drop).map_err(|error| told(codes::BAD_PERIOD, &error)),
            Self::Usd => text.parse::<Usd>().map(drop).map_err(|error| told(codes::WRONG_FORM, &error)),
            Self::Condition => Condition::parse(text).map(drop).map_err(|error| told(codes::BAD_CONDITION, &error)),
            Self::Glob => glob(text),
            Self::Target => target(text),
            Self::OwnPath => text.trim_end_matches('/').parse::<SafePath>().map(drop).map_err(|error| Misfit {
                hint: Some("name a file or folder inside the folder of this definition".to_owned()),
                ..told(codes::ESCAPING_PATH, &error)
            }),
            Self::Repository if text.split('/').count() >= 2 && text.parse::<SafePath>().is_ok() => Ok(()),
            Self::Repository => Err(misfit("a repository; write it like `owner/name`")),
            Self::RepositoryOrPath if is_path(text) || Self::Repository.check(text).is_ok() => Ok(()),
            Self::RepositoryOrPath => {
                Err(misfit("a repository; write it like `owner/name`, or as a path: `./name`, `../name` or `/name`"))
            }
            Self::Cron => Cron::parse(text).map(drop).map_err(|error| told(codes::BAD_SCHEDULE, &error)),
            Self::TimeZone => schedule::zone(text).map(drop).map_err(|error| told(codes::BAD_SCHEDULE, &error)),
            Self::Url if is_url(text) => Ok(()),
            // It is not shown: what is wrong with it may be a password.
            Self::Url => Err(Misfit {
                code: codes::WRONG_FORM,
                message: "this is not the address of a web service".into(),
                hint: Some("write it like `https://example.com/path`, without user and password".into()),
            }),
            Self::Date if is_date(text) => Ok(()),
            Self::Date => Err(misfit("a date; write it like `2026-03-31`, in quotes")),
            Self::HostPath if text.starts_with('/') => Ok(()),
            Self::HostPath => Err(misfit("an absolute path; begin it with `/`")),
            Self::Secret if text.parse::<SecretRef>().is_ok() => Ok(()),
            // Never shown: it may be the secret itself.
            Self::Secret => Err(Misfit {
                code: codes::SECRET_LITERAL,
                message: "a secret stands here where a reference must".to_owned(),
                hint: Some("write `env:NAME` or `file:/path`, and change the secret if others saw it".to_owned()),
            }),
        }
    }

    /// A regular expression for editors, if one says something useful.
    pub fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Name => Some("^[a-z][a-z0-9-]{0,63}$"),
            Self::Variable => Some("^[a-z][a-z0-9_]{0,63}$"),
            Self::StageId | Self::ProjectId => Some("^[a-z0-9][a-z0-9-]{0,63}$"),
            Self::TypeName => Some("^[A-Z][A-Za-z0-9]{0,99}$"),
            Self::Version => Some("^[0-9]+\\.[0-9]+\\.[0-9]+([-+].+)?$"),
            Self::AgentUse => Some("^([a-z][a-z0-9-]*@.+|.+/.+//.+@[0-9a-fA-F]{40})$"),
            Self::EventRef => Some("^[A-Z][A-Za-z0-9]*@[0-9]+\\.[0-9]+$"),
            Self::Period => Some("^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"),
            Self::Usd => Some("^[0-9]+(\\.[0-9]{1,6})?$"),
            Self::Date => Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
            Self::Repository => Some("^[^/]+(/[^/]+)+$"),
            Self::RepositoryOrPath => Some("^(\\.{0,2}/.+|[^/]+(/[^/]+)+)$"),
            Self::Glob | Self::OwnPath | Self::Target => Some("^[^/].*$"),
            Self::HostPath => Some("^/"),
            Self::Secret => Some("^(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+)$"),
            Self::Url => Some("^https?://[^@\\s]+$"),
            Self::Text | Self::Exactly(_) | Self::OneOf(_) | Self::VersionRange | Self::Condition | Self::Template => {
                None
            }
            Self::Cron | Self::TimeZone => None,
        }
    }

    /// What to write here, for a person.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::Exactly(_) | Self::OneOf(_) | Self::Name | Self::Variable => "a text",
            Self::StageId => "the id of a stage",
            Self::ProjectId => "the id of a project",
            Self::TypeName => "a type name, `VisionDocument`",
            Self::Version => "a version in quotes, \"1.0.0\"",
            Self::VersionRange => "a version range in quotes, \"^1\"",
            Self::AgentUse => "an agent with its version range, `vision-architect@^1`",
            Self::EventRef => "an event contract with its version, `VisionDocumentCreated@1.0`",
            Self::Period => "a length of time with its unit, `10m`",
            Self::Usd => "an amount of dollars in quotes, \"2.00\"",
            Self::Condition => "a CEL condition",
            Self::Template => "a text, in which `{{…}}` refers to values",
            Self::Glob => "a path or glob",
            Self::Target => "a glob over repositories, `acme/*`",
            Self::OwnPath => "a file or folder beside this file",
            Self::Repository => "a repository, `owner/name`",
            Self::RepositoryOrPath => "a repository, `owner/name` or a path such as `../contracts`",
            Self::Cron => "a cron expression in quotes, \"0 6 * * 1\"",
            Self::TimeZone => "a time zone, `Europe/Berlin`",
            Self::Date => "a date in quotes, \"2026-03-31\"",
            Self::HostPath => "an absolute path",
            Self::Secret => "a reference to a secret, \"env:NAME\" or \"file:/path\"",
            Self::Url => "an address, `https://example.com/path`",
        }
    }
}

/// Whether a text names a repository by its place on this machine.
pub(crate) fn is_path(text: &str) -> bool {
    ["./", "../", "/"].iter().any(|start| text.len() > start.len() && text.starts_with(start))
}

/// Whether this is a kebab-case name that starts with a letter.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control())
    })
}

fn is_type_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.len() <= 100
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |index: usize, digits: usize| {
        parts
            .get(index)
            .filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?
            .parse::<u32>()
            .ok()
    };
    parts.len() == 3
        && number(0, 4).is_some()
        && number(1, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(2, 2).is_some_and(|day| (1..=31).contains(&day))
}

/// Reads `Name@1.0`.
pub fn event_ref(text: &str) -> Option<EventRef> {
    let (event_type, version) = text.split_once('@')?;
    let (major, minor) = version.split_once('.')?;
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    (is_type_name(event_type) && is_number(major) && is_number(minor))
        .then(|| EventRef { event_type: event_type.to_owned(), version: version.to_owned() })
}

/// A glob over repositories is a glob behind the name of a forge that is served.
fn target(text: &str) -> Result<(), Misfit> {
    glob(targets::split(text).1)?;
    let wrong = |message: String| Misfit { code: codes::WRONG_FORM, message, hint: None };
    TargetGlob::parse(text).map_err(wrong)?;
    if !text.contains('/') {
        return Err(wrong(format!("`{text}` takes no repository; write owner and name, `{text}/*`")));
    }
    Ok(())
}

/// A glob is safe when it compiles and the path that is left without its wildcards cannot leave the repository.
fn glob(text: &str) -> Result<(), Misfit> {
    if text.contains("{{") {
        let message = format!("`{text}` is not a glob: it has no variables");
        return Err(Misfit {
            code: codes::WRONG_FORM,
            message,
            hint: Some("write `*` where a part varies".to_owned()),
        });
    }
    if let Err(error) = Glob::new(text) {
        let message = format!("`{text}` is not a glob: {}", error.kind());
        return Err(Misfit { code: codes::WRONG_FORM, message, hint: None });
    }
    let fault = if text.split(['/', '{', '}', ',']).any(|part| part == "..") {
        Some(format!("path `{text}` is refused: `..` is not allowed"))
    } else {
        plain_path(text).parse::<SafePath>().err().map(|error| error.to_string())
    };
    fault.map_or(Ok(()), |message| {
        let hint = "write a path relative to the root of the repository, without `..`".to_owned();
        Err(Misfit { code: codes::ESCAPING_PATH, message, hint: Some(hint) })
    })
}

/// The glob or templated path with every wildcard and `{{…}}` replaced by a letter, so that what is fixed in it can be
/// judged as a path.
pub fn plain_path(glob: &str) -> String {
    let mut plain = String::new();
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        let closing = match c {
            '{' if rest.starts_with("{{") => rest.find("}}").map(|at| at + 2),
            '{' => rest.find('}').map(|at| at + 1),
            '[' => rest.find(']').map(|at| at + 1),
            '*' | '?' => Some(rest.find(|c| c != '*' && c != '?').unwrap_or(rest.len())),
            _ => None,
        };
        match closing {
            Some(end) => {
                plain.push('x');
                rest = &rest[end..];
            }
            None => {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Form, plain_path};

    #[test]
    fn forms_take_what_is_right_and_refuse_the_rest() {
        let cases: &[(Form, &[&str], &[&str])] = &[
            (Form::Name, &["a", "http-service"], &["", "-a", "A", "1a", "a_b", "ä"]),
            (Form::TypeName, &["VisionDocument"], &["vision", "Vision Document", ""]),
            (Form::EventRef, &["Made@1.0"], &["Made", "Made@1", "Made@1.0.0", "made@1.0", "Made@01.0"]),
            (Form::Version, &["1.0.0", "1.0.0-rc.1"], &["1.0", "v1.0.0", ""]),
            (
                Form::Glob,
                &["src/**", "docs/*.md", "a/{b,c}/d", ".github/workflows/ci.yml"],
                &["../x", "/etc/passwd", "a/../b", "[", ".git/**", "a//b", "", "{../x,y}/z"],
            ),
            (Form::OwnPath, &["templates/", "prompts/x.hbs"], &["../x", "/x", ""]),
            (Form::Date, &["2026-03-31"], &["2026-13-01", "26-01-01", "2026-1-1"]),
            (Form::OneOf(&["none", "all"]), &["none"], &["some"]),
            (Form::Secret, &["env:NAME", "file:/run/x"], &["hunter2", "env:", "file:x"]),
            (Form::Url, &["https://a.example/b", "http://127.0.0.1:1"], &["ftp://a", "https://u:p@a", "https://"]),
        ];
        for (form, good, bad) in cases {
            for text in *good {
                assert!(form.check(text).is_ok(), "{form:?} {text}");
            }
            for text in *bad {
                assert!(form.check(text).is_err(), "{form:?} {text}");
            }
        }
    }

    #[test]
    fn what_is_fixed_in_a_glob_remains() {
        assert_eq!(plain_path("src/**/{a,b}/{{name}}.rs"), "src/x/x/x.rs");
        assert_eq!(plain_path("../{{x"), "../{{x");
    }
}
