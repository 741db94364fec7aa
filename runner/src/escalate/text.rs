//! What people read in a notice. Pure functions.

use std::fmt::Write as _;

use forgeline_blueprints::text::neutralise_markdown;

use super::notice::NoticeBody;

/// Longest title, characters.
const TITLE_CHARS: usize = 120;

/// Subject of a mail: how urgent, where, what.
pub(super) fn title(body: &NoticeBody) -> String {
    one_line(&format!("[{}] {}: {} of {}", body.severity.word(), body.project, body.error_kind, who(body)))
}

/// Title of the issue that stands for a cause.
pub(super) fn issue_title(body: &NoticeBody) -> String {
    one_line(&format!("Dead letters of {}: {} ({})", who(body), body.error_kind, body.project))
}

/// For a mail.
pub(super) fn plain(body: &NoticeBody) -> String {
    let mut text = format!("{}\n\n", opening(body));
    for (name, value) in rows(body) {
        let _ = writeln!(text, "{:<9} {value}", format!("{name}:"));
    }
    let _ = writeln!(text, "\n{}\n", body.reason);
    text.push_str("What to do:\n");
    for (command, what) in commands(body) {
        let _ = writeln!(text, "  {command}\n      {what}");
    }
    let _ = writeln!(text, "\n{}", body.notice);
    text
}

/// For an issue or a comment.
pub(super) fn markdown(body: &NoticeBody) -> String {
    let mut text = format!("{}\n\n| | |\n|---|---|\n", neutralise_markdown(&opening(body)));
    for (name, value) in rows(body) {
        let _ = writeln!(text, "| {name} | {} |", neutralise_markdown(&value).replace('|', "\\|"));
    }
    text.push('\n');
    for line in body.reason.lines() {
        let _ = writeln!(text, "> {}", neutralise_markdown(line));
    }
    text.push('\n');
    for (command, what) in commands(body) {
        let _ = writeln!(text, "- `{}`: {what}", command.replace('`', "'"));
    }
    let _ = writeln!(text, "\n<sub>{}</sub>", body.notice);
    text
}

fn opening(body: &NoticeBody) -> String {
    let letters = match body.letters {
        0 | 1 => "One dead letter is".to_owned(),
        many => format!("{many} dead letters are"),
    };
    format!(
        "{letters} open for project {} ({}): {} of {}.",
        body.project,
        body.criticality.word(),
        body.error_kind,
        who(body)
    )
}

fn who(body: &NoticeBody) -> &str {
    if body.agent.is_empty() { "forgeline" } else { &body.agent }
}

fn rows(body: &NoticeBody) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("severity", body.severity.word().to_owned()),
        ("letter", body.letter.to_string()),
        ("about", one_line(&body.subject)),
        ("attempts", body.attempts.to_string()),
        ("at", body.at.clone()),
    ];
    if !body.owners.is_empty() {
        rows.push(("owners", body.owners.join(", ")));
    }
    rows
}

fn commands(body: &NoticeBody) -> Vec<(String, &'static str)> {
    let mut commands = vec![
        (format!("forgeline dlq show {}", body.letter), "the letter with all that was kept"),
        (format!("forgeline dlq replay {}", body.letter), "try it again, once the reason is mended"),
        (format!("forgeline dlq ack --cause {}", body.cause), "somebody looks at it: nobody else is told"),
    ];
    if let Some(run) = &body.run {
        commands.insert(1, (format!("forgeline why {run}"), "how it came about"));
    }
    commands
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(TITLE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use forgeline_model::{Cause, Timestamp};

    use super::{issue_title, markdown, plain, title};
    use crate::escalate::notice::{Letter, NoticeBody, key};

    fn body(reason: &str) -> NoticeBody {
        let cause = Cause { project: "shop".into(), agent: "writer".into(), error_kind: "timeout".into() };
        let letter = Letter { reason: reason.into(), ..Letter::example(cause, Timestamp::from_millis(0)) };
        NoticeBody::new(&key(&letter, "ops"), &letter, None, 3, Timestamp::from_millis(5))
    }

    #[test]
    fn a_mail_says_what_is_wrong_and_what_to_do() {
        let body = body("it took longer than 10 min");
        assert_eq!(title(&body), "[error] shop: timeout of writer");
        assert_eq!(issue_title(&body), "Dead letters of writer: timeout (shop)");
        let text = plain(&body);
        assert!(text.starts_with("3 dead letters are open for project shop (medium): timeout of writer.\n"), "{text}");
        for expected in
            ["severity: error\n", "it took longer than 10 min\n", "forgeline dlq ack --cause shop/writer/timeout\n"]
        {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }

    #[test]
    fn a_reason_from_outside_is_text_in_an_issue() {
        let text = markdown(&body("see @team <img src=x> closes #7\n| [a](http://x)"));
        assert!(!text.contains("<img") && !text.contains(" @team"), "{text}");
        assert!(text.contains("> "), "{text}");
    }
}
