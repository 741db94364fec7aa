//! The head against published versions of its major, as its mode asks.

use semver::Version;
use serde_json::Value;

use super::{
    Finding,
    shape::{Shape, bare},
    subject::Subject,
};
use crate::{
    Budget, Comparison, ContentModel, Relation, Verdict,
    compare::{Side, relate},
    settings,
};

/// Findings of the relation.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let promise = subject.promise();
    let relation = match (promise.backward(), promise.forward()) {
        (false, false) => return Vec::new(),
        (true, false) => Relation::Backward,
        (false, true) => Relation::Forward,
        (true, true) => Relation::Full,
    };
    let mut versions = subject.of_major();
    versions.reverse();
    let Some((newest, older)) = versions.split_first() else { return Vec::new() };
    let model = match subject.settings.content_model {
        settings::ContentModel::Views => ContentModel::Views,
        settings::ContentModel::Strict => ContentModel::Strict,
    };
    let head = Side::new(subject.head, model);
    let judge = |subject, (version, old)| judge(subject, version, (old, &head), (relation, model));
    let mut found = judge(subject, *newest);
    let gap = found.is_empty();
    for one in older.iter().filter(|_| promise.transitive()) {
        let mut further = judge(subject, *one);
        if gap {
            for finding in &mut further {
                finding.rule = "compat-transitive-gap";
                finding.message = format!("it fits {} but not {}: {}", newest.0, one.0, finding.message);
            }
        }
        found.extend(further);
    }
    found
}

fn judge(
    subject: &Subject<'_>,
    version: &Version,
    (old, head): (&Value, &Result<Side, String>),
    (relation, model): (Relation, ContentModel),
) -> Vec<Finding> {
    // Words alone change no value; this holds whatever the engine knows.
    if bare(old) == bare(subject.head) {
        return Vec::new();
    }
    let answer = match (Side::new(old, model), head) {
        (Ok(old), Ok(head)) => Ok(relate(&old, head, relation, &Budget::default())),
        (Err(why), _) => Err(format!("old schema: {why}")),
        (_, Err(why)) => Err(format!("new schema: {why}")),
    };
    match answer {
        Ok(answer) if answer.verdict == Verdict::Compatible => Vec::new(),
        Ok(answer) => tell(subject, version, &answer),
        Err(why) => vec![subject.finding("compat-undecided", version, "", why).fix("write the schema more simply")],
    }
}

fn tell(subject: &Subject<'_>, version: &Version, answer: &Comparison) -> Vec<Finding> {
    // One finding for each rule; its reasons are one story with one witness.
    let mut rules: Vec<&'static str> = answer.reasons.iter().map(|reason| reason.rule).collect();
    if rules.is_empty() {
        rules.push("compat-undecided");
    }
    rules.sort_unstable();
    rules.dedup();
    let found = rules.into_iter().map(|rule| {
        let reasons: Vec<_> = answer.reasons.iter().filter(|reason| reason.rule == rule).collect();
        let told: Vec<String> =
            reasons
                .iter()
                .map(|it| {
                    if it.pointer.is_empty() { it.message.clone() } else { format!("`{}`: {}", it.pointer, it.message) }
                })
                .collect();
        let (lead, fix) = match rule {
            "compat-backward" => {
                (format!("an event of {version} is refused"), "keep what was accepted, or raise the major")
            }
            "compat-forward" => {
                (format!("consumers of {version} refuse a new event"), "keep to what was promised, or raise the major")
            }
            _ => (
                format!("whether it is compatible with {version} is not decided"),
                "write the change more simply, raise the major, or have an exception reviewed",
            ),
        };
        let pointer = reasons.first().map_or("", |reason| reason.pointer.as_str());
        // A refutation points into the witness; people look for the field in the schema.
        let pointer = if answer.witness.is_some() && rule != "compat-undecided" {
            of_instance(subject.head, pointer)
        } else {
            pointer.to_owned()
        };
        let mut finding = subject.finding(rule, version, &pointer, format!("{lead}: {}", told.join("; "))).fix(fix);
        let broken = match answer.direction {
            Some(Relation::Backward) => "compat-backward",
            _ => "compat-forward",
        };
        if rule == broken {
            finding.witness.clone_from(&answer.witness);
        }
        match rule {
            "compat-backward" => finding.hurts(&subject.producers()).hurts(&subject.consumers()),
            "compat-forward" => finding.hurts(&subject.consumers()),
            _ => finding.hurts(&subject.producers()).hurts(&subject.consumers()),
        }
    });
    found.collect()
}

/// Where the schema speaks of the value at this place of an instance, as far as it does.
fn of_instance(schema: &Value, pointer: &str) -> String {
    let mut shape = Shape::root(schema);
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        let below = shape.fields().remove(name.as_str());
        match below.or_else(|| shape.items().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()))) {
            Some(next) => shape = next,
            None => break,
        }
    }
    shape.pointer
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use forgeline_model::FileSet;
    use jiff::civil::date;
    use serde_json::json;

    use super::{of_instance, tell};
    use crate::{Comparison, Reason, Relation, Verdict, load, rules::subject::Subject};

    #[test]
    fn a_refutation_shows_its_witness_at_the_field_and_names_who_is_hurt() {
        let mut files = FileSet::new("test");
        files.insert(
            "registry.yaml",
            "apiVersion: forgeline.dev/v1\nkind: Registry\ndialect: https://json-schema.org/draft/2020-12/schema\n",
        );
        let folder = "events/shop/OrderPlaced";
        let manifest = "title: x\nowners: []\nstatus: active\nproducers: [till]\nconsumers: [billing]\n";
        files.insert(format!("{folder}/event.yaml"), manifest);
        files.insert(format!("{folder}/schema.json"), "{\"x-version\": \"1.1.0\",\n \"properties\": {\"n\": {}}}");
        let sources = load::read(&files).0.expect("settings");
        let source = &sources.events[0];
        let published = super::super::Published::new();
        let (settings, today) = (&sources.settings, date(2026, 1, 1));
        let subject = Subject { files: &files, settings, source, head: &source.head, today, published: &published };
        let reason = |rule, message: &str| Reason { rule, pointer: "/n".to_owned(), message: message.to_owned() };
        let answer = Comparison {
            verdict: Verdict::Breaking,
            direction: Some(Relation::Forward),
            witness: Some(json!({"n": 1})),
            reasons: vec![
                reason("compat-forward", "1 is no text"),
                reason("compat-forward", "1 is too short"),
                reason("compat-undecided", "`if`"),
            ],
            took: Duration::ZERO,
        };
        let found = tell(&subject, &semver::Version::new(1, 0, 0), &answer);
        let [forward, undecided] = &found[..] else { panic!("{found:#?}") };
        assert_eq!((forward.rule, forward.line, forward.pointer.as_str()), ("compat-forward", 2, "/properties/n"));
        assert_eq!(forward.message, "consumers of 1.0.0 refuse a new event: `/n`: 1 is no text; `/n`: 1 is too short");
        assert_eq!((&forward.witness, &undecided.witness), (&answer.witness, &None));
        assert_eq!((forward.hurt.len(), undecided.hurt.len()), (1, 2));
    }

    #[test]
    fn a_place_in_a_witness_is_found_in_the_schema() {
        let schema = json!({"allOf": [{"properties": {"lines": {"items": {"properties": {"n": {}}}}}}]});
        for (pointer, expected) in [
            ("/lines/3/n", "/allOf/0/properties/lines/items/properties/n"),
            ("/lines/x", "/allOf/0/properties/lines"),
            ("", ""),
        ] {
            assert_eq!(of_instance(&schema, pointer), expected, "{pointer}");
        }
    }
}
