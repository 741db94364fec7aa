use std::collections::BTreeMap;

use forgeline_model::{AnnotationLevel, RegistryChange, Review, ReviewVerdict};

use super::{BREAKING, COMPATIBLE, UNRELEASED, review};
use crate::{rules::scaffold, shipped};

const ORDER: &str = "events/shop/OrderPlaced";

/// A registry with one released contract that `billing` reads.
fn registry() -> BTreeMap<String, String> {
    let mut files = shipped();
    for (path, bytes) in scaffold(&files.clone(), "shop", "OrderPlaced", "@shop").expect("a name").iter() {
        files.insert(path, bytes);
    }
    for (path, bytes) in crate::release(&files).expect("can be released").iter() {
        files.insert(path, bytes);
    }
    let own = files.iter().filter(|(path, _)| path.starts_with("events/shop/"));
    let mut own: BTreeMap<String, String> =
        own.map(|(path, bytes)| (path.to_owned(), String::from_utf8_lossy(bytes).into_owned())).collect();
    edit(&mut own, "event.yaml", "status: draft", "status: active");
    edit(&mut own, "event.yaml", "consumers: []", "consumers: [billing]");
    own
}

fn edit(files: &mut BTreeMap<String, String>, file: &str, from: &str, to: &str) {
    let text = files.get_mut(&format!("{ORDER}/{file}")).expect("there");
    assert!(text.contains(from), "`{from}` is not in {file}:\n{text}");
    *text = text.replace(from, to);
}

fn looked(base: &BTreeMap<String, String>, head: &BTreeMap<String, String>) -> Review {
    let change = RegistryChange {
        folder: "schema-registry".into(),
        head: head.clone(),
        base: base.clone(),
        today: "2026-03-31".into(),
        ..RegistryChange::default()
    };
    review(&change).expect("a date")
}

/// The head as 1.1.0 with this field more.
fn with_field(field: &str, required: bool) -> BTreeMap<String, String> {
    let mut head = registry();
    edit(&mut head, "schema.json", "\"x-version\": \"1.0.0\"", "\"x-version\": \"1.1.0\"");
    edit(&mut head, "schema.json", "\"summary\": {", &format!("{field},\n    \"summary\": {{"));
    if required {
        edit(&mut head, "schema.json", "\"required\": [", "\"required\": [\n    \"total\",");
    }
    edit(&mut head, "CHANGELOG.md", "## 1.0.0", "## 1.1.0\n\n- added: total\n\n## 1.0.0");
    for (path, text) in head.clone().iter().filter(|(path, _)| path.contains("/examples/1.0.0/")) {
        head.insert(path.replace("1.0.0", "1.1.0"), text.replace("\"1.0\"", "\"1.1\""));
    }
    head
}

const TOTAL: &str = "\"total\": {\"description\": \"What it costs.\", \"type\": \"number\"}";

#[test]
fn what_keeps_its_promises_passes() {
    let review = looked(&registry(), &with_field(TOTAL, false));
    assert_eq!(review.verdict, ReviewVerdict::Pass, "{}", review.comment);
    assert_eq!(review.title, "1 contract is compatible");
    assert_eq!(review.reviewers, ["@shop"]);
    let on = |label: &str| review.labels[label];
    assert!(on(COMPATIBLE) && !on(BREAKING) && on(UNRELEASED), "{:?}", review.labels);
    for text in [
        "### Contracts: 1 contract is compatible\n",
        "| `OrderPlaced` | 1.0.0 → 1.1.0 | compatible |",
        "- consumer `billing` consumes `OrderPlaced` (`schema-registry/events/shop/OrderPlaced/event.yaml:",
        "Not published yet: `OrderPlaced 1.1.0`.",
        "Owners of what is changed: `@shop`.",
    ] {
        assert!(review.comment.contains(text), "{text}\n{}", review.comment);
    }
}

#[test]
fn a_broken_promise_comes_first_with_an_example_and_a_line() {
    let review = looked(&registry(), &with_field(TOTAL, true));
    assert_eq!(review.verdict, ReviewVerdict::Fail);
    assert!(review.labels[BREAKING] && !review.labels[COMPATIBLE]);
    let first = review.comment.find("**error** `compat-backward` on `OrderPlaced` 1.0.0 → 1.1.0").expect("told");
    assert!(review.comment.find("`required-added`").is_some_and(|next| next > first), "{}", review.comment);
    assert!(review.comment.contains("```json\n{") && review.comment.contains("Hurts `consumer billing`."));
    let mark = review.annotations.iter().find(|it| it.title == "required-added").expect("a mark");
    assert_eq!(mark.path, "schema-registry/events/shop/OrderPlaced/schema.json");
    assert!(mark.line > 1 && mark.level == AnnotationLevel::Failure && mark.message.contains("hurts consumer billing"));
    assert!(!review.comment.contains("Not published yet"), "what is refused is not offered");
}

#[test]
fn nothing_new_and_gone_and_unreadable_are_told_apart() {
    let base = registry();
    assert_eq!(looked(&base, &base).verdict, ReviewVerdict::Neutral);
    assert!(looked(&base, &base).labels.values().all(|on| !on));
    let new = looked(&BTreeMap::new(), &base);
    assert!(new.comment.contains("| `OrderPlaced` | 1.0.0, new |"), "{}", new.comment);
    let gone = looked(&base, &BTreeMap::new());
    assert_eq!(gone.verdict, ReviewVerdict::Fail);
    assert!(gone.comment.contains("| `OrderPlaced` | 1.0.0, removed |") && gone.labels[BREAKING], "{}", gone.comment);
    for (file, text) in [("schema.json", "{"), ("event.yaml", "title: ["), ("schema.json", "[]"), ("event.yaml", "")] {
        let mut head = base.clone();
        head.insert(format!("{ORDER}/{file}"), text.to_owned());
        let review = looked(&base, &head);
        assert_eq!(review.verdict, ReviewVerdict::Fail, "{file} {text}");
        assert!(review.annotations.iter().any(|it| it.path.ends_with(file)), "{:?}", review.annotations);
    }
}

#[test]
fn a_stranger_s_words_are_words() {
    let mut head = with_field(TOTAL, true);
    let evil = "x` @acme/all <img src=x> #1 ](http://evil) ```";
    edit(&mut head, "event.yaml", "consumers: [billing]", &format!("consumers: [billing, \"{evil}\"]"));
    edit(
        &mut head,
        "schema.json",
        "\"total\": {",
        &format!("\"{evil}\": {{\"type\": \"string\"}},\n    \"total\": {{"),
    );
    edit(&mut head, "schema.json", "\"required\": [", &format!("\"required\": [\n    \"{evil}\","));
    let review = looked(&registry(), &head);
    let mut fence = None;
    for line in review.comment.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            Some(open) if ticks >= open && line.len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => assert!(!outside_code(line).contains(['@', '<']) || line.starts_with('<'), "{line}"),
        }
    }
    assert_eq!(fence, None);
}

/// What of a line stands outside its code spans, but for marks that nothing follows.
fn outside_code(line: &str) -> String {
    let mut rest = line;
    let mut outside = String::new();
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let ticks = rest[at..].chars().take_while(|c| *c == '`').count();
        let fence = "`".repeat(ticks);
        let mut from = at + ticks;
        let end = loop {
            let Some(found) = rest[from..].find(&fence) else { break None };
            let run = rest[from + found..].chars().take_while(|c| *c == '`').count();
            if run == ticks {
                break Some(from + found + ticks);
            }
            from += found + run;
        };
        let Some(end) = end else { break };
        rest = &rest[end..];
    }
    outside.push_str(rest);
    outside.replace("@\u{2060}", "").replace("#\u{2060}", "")
}

#[test]
fn a_comment_fits_whatever_is_changed() {
    let (mut base, mut head) = (BTreeMap::new(), BTreeMap::new());
    for n in 0..52 {
        let name = format!("{}{n}", "OrderPlacedInTheNorthernHemisphere".repeat(2));
        for (from, to) in [(registry(), &mut base), (with_field(TOTAL, true), &mut head)] {
            for (path, text) in from {
                to.insert(path.replace("OrderPlaced", &name), text.replace("OrderPlaced", &name));
            }
        }
    }
    let review = looked(&base, &head);
    assert_eq!(review.verdict, ReviewVerdict::Fail);
    assert!(review.comment.len() < 65_000, "{}", review.comment.len());
    assert!(review.comment.contains("more findings") && review.comment.contains("more contracts"));
}

#[test]
fn a_review_fits_into_the_journal_whatever_things_are_called() {
    let mut head = with_field(TOTAL, true);
    for n in 0..300 {
        let name = format!("{n}{}\u{1f600}", "\\u0001@x`|<".repeat(400));
        edit(&mut head, "schema.json", "\"required\": [", &format!("\"required\": [\n    \"{name}\","));
    }
    let long = format!("[{}]", vec![format!("\"{}\"", "@a`|".repeat(200)); 60].join(", "));
    edit(&mut head, "event.yaml", "consumers: [billing]", &format!("consumers: {long}"));
    edit(&mut head, "event.yaml", "owners: [\"@shop\"]", &format!("owners: {long}"));
    let review = looked(&registry(), &head);
    assert_eq!(review.verdict, ReviewVerdict::Fail);
    assert!(review.comment.len() < 65_000, "{}", review.comment.len());
    let bytes = serde_json::to_string(&review).expect("JSON").len();
    assert!(bytes < 256 << 10, "{bytes}");
}

#[test]
fn an_exception_lets_it_pass_and_says_so() {
    let mut head = with_field(TOTAL, true);
    for (number, rule, pointer) in
        [(1, "compat-backward", ""), (2, "required-added", "/required"), (3, "example-invalid", "")]
    {
        let review = looked(&registry(), &head);
        let marks: Vec<&str> = review.annotations.iter().map(|it| it.title.as_str()).collect();
        assert!(marks.contains(&rule), "{marks:?}");
        let text = format!(
            "rule: {rule}\nevent: OrderPlaced\nfrom: 1.0.0\nto: 1.1.0\npointer: \"{pointer}\"\nreason: agreed\napprover: \"@shop\"\nexpiry: 2026-09-30\n"
        );
        head.insert(format!("exceptions/total-{number}.yaml"), text);
    }
    let review = looked(&registry(), &head);
    let told = &review.comment;
    assert!(told.contains("**excepted** `required-added` on `OrderPlaced`, by the exception `total-2`"), "{told}");
    assert!(review.labels[BREAKING] && !review.labels[COMPATIBLE], "{:?}", review.labels);
}

/// The base, released, with the version 1.1.0 beside a head that stays at 1.0.0.
#[test]
fn a_version_beside_the_head_is_refused() {
    let mut head = registry();
    let path = |suffix: &str| format!("{ORDER}/versions/1.1.0.{suffix}");
    let schema = head[&format!("{ORDER}/versions/1.0.0.json")].replace("\"string\"", "\"integer\"");
    let digest = forgeline_model::Digest::of(&serde_json::from_str::<serde_json::Value>(&schema).expect("JSON"));
    let lock = head[&format!("{ORDER}/versions/1.0.0.lock")].clone();
    let mut lock: serde_json::Value = serde_json::from_str(&lock).expect("JSON");
    lock["digest"] = serde_json::json!(digest);
    head.insert(path("json"), schema);
    head.insert(path("lock"), lock.to_string());
    let review = looked(&registry(), &head);
    assert_eq!(review.verdict, ReviewVerdict::Fail);
    assert!(review.comment.contains("`version-not-monotonic` on `OrderPlaced`"), "{}", review.comment);
}

#[test]
fn what_is_published_is_no_draft_again() {
    for (status, rule) in [("draft", "cannot be a draft again"), ("retired", "retired without being deprecated")] {
        let mut head = registry();
        edit(&mut head, "event.yaml", "status: active", &format!("status: {status}"));
        let review = looked(&registry(), &head);
        assert_eq!(review.verdict, ReviewVerdict::Fail, "{status}");
        assert!(review.comment.contains(rule), "{}", review.comment);
    }
    let mut base = registry();
    edit(&mut base, "event.yaml", "status: active", "status: draft");
    let mut head = registry();
    edit(&mut head, "event.yaml", "status: active", "status: retired");
    assert_eq!(looked(&base, &head).verdict, ReviewVerdict::Fail, "a detour is none");
}

/// What the base has too is accepted for what it is, not for where it stands.
#[test]
fn another_break_at_the_same_place_is_another_finding() {
    let aaa = TOTAL.replace("total", "aaa");
    let mut base = with_field(&aaa, false);
    edit(&mut base, "schema.json", "\"required\": [", "\"required\": [\n    \"aaa\",");
    let mut head = base.clone();
    edit(&mut head, "schema.json", "\"aaa\": {", &format!("{},\n    \"aaa\": {{", TOTAL.replace("total", "bbb")));
    edit(&mut head, "schema.json", "\"required\": [", "\"required\": [\n    \"bbb\",");
    let review = looked(&base, &head);
    assert_eq!(review.verdict, ReviewVerdict::Fail, "{}", review.comment);
    assert!(review.comment.contains("`bbb` is required"), "{}", review.comment);
}

#[test]
fn a_change_of_the_rules_is_said() {
    let mut base = registry();
    let settings = String::from_utf8_lossy(shipped().get("registry.yaml").expect("there")).into_owned();
    base.insert("registry.yaml".into(), settings);
    let mut head = base.clone();
    head.insert("registry.yaml".into(), base["registry.yaml"].replace("transition_days: 90", "transition_days: 1"));
    assert_ne!(head, base);
    let review = looked(&base, &head);
    assert_eq!(review.verdict, ReviewVerdict::Pass, "{}", review.comment);
    assert!(
        review.labels[super::RULES] && review.comment.contains("`schema-registry/registry.yaml`"),
        "{}",
        review.comment
    );
}

#[test]
fn owners_are_names_and_the_last_word_is_the_block_s() {
    let mut head = with_field(TOTAL, false);
    edit(&mut head, "event.yaml", "owners: [\"@shop\"]", "owners: [\"@shop\\n* @evil\"]");
    let review = looked(&registry(), &head);
    assert_eq!(review.verdict, ReviewVerdict::Fail, "{}", review.comment);
    assert!(review.annotations.iter().any(|it| it.title == "owners-missing"), "{:?}", review.annotations);
}

#[test]
fn every_mark_is_on_a_file_that_is_there() {
    let base = registry();
    let mut gone = base.clone();
    gone.retain(|path, _| !path.contains("/examples/") && !path.contains("/versions/"));
    let mut nothing = base.clone();
    nothing.retain(|path, _| path.ends_with("event.yaml"));
    for head in [gone, nothing] {
        let review = looked(&base, &head);
        assert!(!review.annotations.is_empty(), "something is missing");
        for mark in &review.annotations {
            let inside = mark.path.strip_prefix("schema-registry/").expect("in the registry");
            assert!(head.contains_key(inside), "{mark:?}");
        }
    }
}
