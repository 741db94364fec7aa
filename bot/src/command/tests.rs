//! Comments as people write them, and what is read out of them.

use std::collections::BTreeMap;

use serde_json::json;

use super::{AuthorKind, Comment, Ignored, InputFault, Reading, parse, read, typed_inputs};

fn comment(body: &str) -> Comment<'_> {
    Comment { body, author: AuthorKind::Human, edited: false, on_closed_item: false }
}

/// The canonical form of each command, or `line:column message (hint)`.
fn shown(body: &str) -> Vec<String> {
    let Reading::Commands { commands, .. } = read(&comment(body)) else { return Vec::new() };
    commands
        .into_iter()
        .map(|line| match line.parsed {
            Ok(command) => command.to_string(),
            Err(fault) => {
                let hint = fault.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                format!("{}:{}+{} {}{hint}", line.line, fault.column, fault.length, fault.message)
            }
        })
        .collect()
}

#[track_caller]
fn check(body: &str, expected: &[&str]) {
    assert_eq!(shown(body), expected, "{body:?}");
}

#[test]
fn every_command_is_understood() {
    for (line, canonical) in [
        ("/forgeline run http-service", "run http-service"),
        ("/forgeline run http-service name=orders", "run http-service name=orders"),
        ("  /fl  RUN http-service\tname=orders  ", "run http-service name=orders"),
        ("/fl run x b=2 a=1 --max-usd 1.5", "run x a=1 b=2 --max-usd 1.50"),
        ("/fl run x --max-usd=0.10 title=\"two words\"", "run x title=\"two words\" --max-usd 0.10"),
        ("/fl run x t='say \"hi\"' e=", "run x e=\"\" t=\"say \\\"hi\\\"\""),
        ("/fl run x \"t=a b\" q=a=b", "run x q=a=b t=\"a b\""),
        ("/forgeline retry", "retry"),
        ("/forgeline retry --fresh code", "retry code --fresh"),
        ("/forgeline revise vision don't say \"fast\"", "revise vision don't say \"fast\""),
        ("/forgeline cancel", "cancel"),
        ("/forgeline cancel run_0123456789abcdef", "cancel run_0123456789abcdef"),
        ("/forgeline approve review 9FCEB02", "approve review 9fceb02"),
        ("/forgeline approve review 9fceb02 sha256:00", "approve review 9fceb02 sha256:00"),
        ("/forgeline reject review it isn't \"done\"", "reject review it isn't \"done\""),
        ("/forgeline ok-to-test 9fceb02", "ok-to-test 9fceb02"),
        ("/forgeline ok-to-test cancel", "ok-to-test cancel"),
        ("/forgeline plan http-service name=orders", "plan http-service name=orders"),
        ("/forgeline why", "why"),
        ("/forgeline why run_0123456789abcdef", "why run_0123456789abcdef"),
        ("/forgeline status", "status"),
        ("/forgeline help", "help"),
        ("/forgeline hold", "hold"),
        ("/forgeline hold cancel", "hold cancel"),
        ("/forgeline release", "release"),
    ] {
        check(line, &[canonical]);
        let again = parse(canonical).expect("the canonical form parses").to_string();
        assert_eq!(again, canonical, "the canonical form is its own");
    }
}

#[test]
fn faults_say_where_and_what_to_write() {
    for (line, expected) in [
        ("/forgeline", "1:10+1 the command is missing (write `/forgeline help`)"),
        ("/fl rnu http-service", "1:5+3 there is no command `rnu` (did you mean `run`?)"),
        ("/fl deploy", "1:5+6 there is no command `deploy` (write `/forgeline help` for the commands there are)"),
        ("/fl run", "1:5+3 `run` needs a blueprint (usage: `/forgeline run <blueprint> [name=value …]`)"),
        (
            "/fl run name=orders",
            "1:9+11 `name=orders` stands where the blueprint should (usage: `/forgeline run <blueprint> [name=value …]`)",
        ),
        (
            "/fl run x orders",
            "1:11+6 `orders` has no `=` (inputs are written `name=value`; usage: `/forgeline run <blueprint> [name=value …]`)",
        ),
        ("/fl run x a=1 a=2", "1:15+3 `a` is given twice (give it once)"),
        ("/fl run x 1a=1", "1:11+4 `1a` is not the name of an input (letters, digits, `_` and `-`, a letter first)"),
        ("/fl run x t=\"a b", "1:13+1 `\"` is not closed (add `\"` where the value ends)"),
        ("/fl run x --max-usd", "1:11+9 `--max-usd` needs an amount (write it like `--max-usd 1.50`)"),
        (
            "/fl run x --max-usd much",
            "1:21+4 `much` is not an amount of dollars; write it like `2.00`, with at most six decimals",
        ),
        ("/fl run x --max-usb 1", "1:11+9 there is no option `--max-usb` (did you mean `--max-usd`?)"),
        ("/fl retry --fersh", "1:11+7 there is no option `--fersh` (did you mean `--fresh`?)"),
        ("/fl plan x --max-usd 1", "1:12+9 there is no option `--max-usd` (this command has no options)"),
        ("/fl status please", "1:12+6 `please` is one word too many (usage: `/forgeline status`)"),
        ("/fl hold off", "1:10+3 `off` is one word too many (usage: `/forgeline hold [cancel]`)"),
        ("/fl cancel 7", "1:12+1 `7` is not a run id; expected `run_` and 16 hex digits"),
        ("/fl approve review HEAD", "1:20+4 `HEAD` is not a commit id (give at least seven hex digits)"),
        ("/fl reject review", "1:5+6 `reject` needs a reason (usage: `/forgeline reject <stage> <reason>`)"),
        ("/fl größe x", "1:5+5 there is no command `größe` (write `/forgeline help` for the commands there are)"),
    ] {
        check(line, &[expected]);
    }
    let long = format!("/fl run x t={}", "a".repeat(5000));
    check(&long, &["1:1+1 the line is longer than 4096 bytes (put long text into the item)"]);
}

#[test]
fn only_the_authors_own_words_count() {
    for body in [
        "",
        "please /forgeline run x",
        "- /forgeline run x",
        "> /forgeline run x",
        "`/forgeline run x`",
        "    /forgeline run x",
        "\t/forgeline run x",
        "```\n/forgeline run x\n```",
        "~~~~sh\n/forgeline run x\n~~~\n/forgeline run x\n~~~~",
        "   ```\n/forgeline run x",
        "<!-- /forgeline run x -->",
        "<!--\n/forgeline run x\n-->",
        "text <!-- a --> b <!--\n/forgeline run x",
        "<pre>\n/forgeline run x\n</pre>",
        "<details><PRE class=\"a\">\n/forgeline run x\n</pre>",
        "<blockquote>\n\n/forgeline run x\n\n</blockquote>",
        "/forgelines run x",
        "/forgeline-bot run x",
        "/flrun x",
        "/f run x",
    ] {
        assert_eq!(read(&comment(body)), Reading::Ignored(Ignored::NoCommand), "{body:?}");
    }
    for body in [
        "```\ncode\n```\n/fl status",
        "```a`b\n/fl status",
        "<!-- a -->\n/fl status",
        "<!-- a\n-->\n/fl status",
        "<pre>x</pre>\n/fl status",
        "</pre>\n/fl status",
        "<prefix>\n/fl status",
        "> they said\n\n/fl status",
        "hello\r\n/fl status\r\nbye",
        "   /fl status",
    ] {
        check(body, &["status"]);
    }
}

#[test]
fn at_most_five_commands_of_a_new_comment_by_a_person() {
    let seven = "/fl status\n".repeat(7);
    let Reading::Commands { commands, unread } = read(&comment(&seven)) else { panic!("commands") };
    assert_eq!((commands.len(), unread), (5, 2));
    assert_eq!(commands.iter().map(|line| line.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let body = "/fl status";
    for (ignored, reason) in [
        (Comment { author: AuthorKind::Bot, ..comment(body) }, Ignored::Bot),
        (Comment { author: AuthorKind::Forgeline, ..comment(body) }, Ignored::Own),
        (Comment { edited: true, ..comment(body) }, Ignored::Edited),
        (Comment { on_closed_item: true, ..comment(body) }, Ignored::ClosedItem),
    ] {
        assert_eq!(read(&ignored), Reading::Ignored(reason));
    }
}

#[test]
fn hostile_comments_are_read_in_bounded_time() {
    for piece in ["<!--", "<pre>", "```\n", "\n/fl run x a='", "/fl run x \u{202e}", "<", "> ", "\\\"", "`"] {
        let body = piece.repeat(100_000 / piece.len());
        let _ = read(&comment(&body));
    }
}

#[test]
fn inputs_get_the_types_of_the_schema() {
    let schema = json!({"properties": {
        "name": {"type": "string"}, "count": {"type": "integer"}, "ratio": {"type": "number"},
        "strict": {"type": "boolean"}, "tags": {"type": "array"}, "ports": {"type": "array", "items": {"type": "integer"}},
        "language": {"enum": ["rust"]},
    }});
    let inputs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let typed = typed_inputs(
        &schema,
        &inputs(&[
            ("name", "7"),
            ("count", "7"),
            ("ratio", "0.5"),
            ("strict", "true"),
            ("tags", "a, b"),
            ("ports", "80,81"),
            ("language", "rust"),
        ]),
    );
    let expected = json!({
        "name": "7", "count": 7, "ratio": 0.5, "strict": true, "tags": ["a", "b"], "ports": [80, 81], "language": "rust"
    });
    assert_eq!(typed, Ok(expected));
    let faults =
        typed_inputs(&schema, &inputs(&[("nmae", "x"), ("count", "many"), ("ratio", "NaN")])).expect_err("three");
    let shown: Vec<String> = faults.iter().map(InputFault::to_string).collect();
    assert_eq!(
        shown,
        [
            "`count` must be a whole number, not `many`",
            "the blueprint has no input `nmae`; did you mean `name`?",
            "`ratio` must be a number, not `NaN`",
        ]
    );
}

#[test]
fn why_a_comment_is_ignored_is_said_in_words() {
    for reason in [Ignored::NoCommand, Ignored::Edited, Ignored::ClosedItem, Ignored::Bot, Ignored::Own] {
        let said = reason.to_string();
        assert!(said.contains(' ') && !said.contains(&format!("{reason:?}")), "{said}");
    }
}
