//! The rules from the outside: files of a registry in, rules that speak out.

use forgeline_model::{Digest, FileSet};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::{Finding, Published, Refused, Report, check, impact, pages, publish, scaffold, users};
use crate::{Level, release, shipped};

const ORDER: &str = "events/shop/OrderPlaced";
const TODAY: Date = date(2026, 6, 1);

fn head(version: &str, fields: &Value) -> Value {
    json!({"x-version": version, "type": "object", "description": "An order.", "required": ["order"], "properties": fields})
}

fn fields() -> Value {
    json!({"order": {"type": "string"}, "note": {"type": "string"}, "old": {"type": "string", "deprecated": true}})
}

/// A registry with one event, published as 1.0.0; `mode: none`, so that these tests do not lean on the engine.
fn registry() -> FileSet {
    let mut files = FileSet::new("test");
    files.insert("registry.yaml", "apiVersion: forgeline.dev/v1\nkind: Registry\ndialect: https://json-schema.org/draft/2020-12/schema\nmode: none\n");
    let manifest =
        "title: An order was placed\nowners: [\"@shop\"]\nstatus: active\nproducers: [till]\nconsumers: [billing]\n";
    files.insert(format!("{ORDER}/event.yaml"), manifest);
    edit(&mut files, "1.0.0", &fields(), "- added: all");
    let new = publish(&files, None, "", TODAY, &Published::new()).unwrap_or_else(|why| panic!("{why:?}"));
    with(files, &new)
}

/// The event's next version, with its examples.
fn edit(files: &mut FileSet, version: &str, fields: &Value, change: &str) {
    files.insert(format!("{ORDER}/schema.json"), head(version, fields).to_string());
    let before = files.get(&format!("{ORDER}/CHANGELOG.md")).map(String::from_utf8_lossy).unwrap_or_default();
    let changelog = format!("# Changes\n\n## {version}\n\n{change}\n{}", before.trim_start_matches("# Changes\n"));
    files.insert(format!("{ORDER}/CHANGELOG.md"), changelog);
    files.insert(format!("{ORDER}/examples/{version}/valid/a.json"), r#"{"order": "7"}"#);
    files.insert(format!("{ORDER}/examples/{version}/invalid/a.json"), r#"{"order": 7}"#);
}

fn with(mut files: FileSet, more: &FileSet) -> FileSet {
    for (path, bytes) in more.iter() {
        files.insert(path, bytes);
    }
    files
}

fn judge(files: &FileSet, base: &FileSet) -> Report {
    let published: Published = [(format!("{ORDER}/versions/1.0.0.json"), date(2026, 1, 1))].into();
    check(files, Some(base), "", TODAY, &published)
}

fn rules(report: &Report) -> Vec<&'static str> {
    report.introduced.iter().filter(|it| it.level > Level::Info).map(|it| it.rule).collect()
}

/// The rules that speak when 1.0.0 becomes this.
#[track_caller]
fn change(version: &str, fields: &Value, changelog: &str, expected: &[&str]) -> Report {
    let base = registry();
    let mut files = base.clone();
    edit(&mut files, version, fields, changelog);
    let report = judge(&files, &base);
    assert_eq!(rules(&report), expected, "{:#?}", report.introduced);
    report
}

fn altered(change: impl FnOnce(&mut Value)) -> Value {
    let mut fields = fields();
    change(&mut fields);
    fields
}

#[test]
fn what_is_shipped_and_what_does_not_change_is_clean() {
    let report = check(&shipped(), None, "schema-registry", TODAY, &Published::new());
    assert!(report.introduced.iter().all(|it| it.level == Level::Info), "{:#?}", report.introduced);
    let files = registry();
    assert_eq!(judge(&files, &files), Report::default());
}

#[test]
fn an_added_field_is_a_minor_that_the_changelog_tells_of() {
    let more = altered(|fields| fields["paid"] = json!({"type": "boolean"}));
    change("1.1.0", &more, "- added: `paid`", &[]);
    change("1.0.1", &more, "- added: `paid`", &["version-bump-too-small"]);
    change("1.3.0", &more, "- added: `paid`", &["version-not-monotonic"]);
    change("1.1.0", &more, "- docs: words", &["changelog-missing"]);
    change("1.1.0", &more, "- added `paid`", &["changelog-missing", "changelog-missing"]);
    change("1.0.0", &more, "", &["version-bump-too-small"]);
}

#[test]
fn words_are_a_patch_and_meaning_is_a_major() {
    let words = altered(|fields| fields["note"]["description"] = json!("A note."));
    let report = change("1.0.1", &words, "- docs: a note is described", &[]);
    assert_eq!(report.introduced.iter().map(|it| it.rule).collect::<Vec<_>>(), ["description-changed"]);
    let unit = altered(|fields| fields["note"]["x-privacy"] = json!("personal"));
    change("1.1.0", &unit, "- semantics: personal", &["semantics-changed-without-bump"]);
    change("2.0.0", &unit, "- semantics: personal", &[]);
}

#[test]
fn a_field_goes_after_its_time_and_with_a_major() {
    let without = |name: &str| altered(|fields| drop(fields.as_object_mut().and_then(|all| all.remove(name))));
    change("2.0.0", &without("old"), "- removed: `old`", &[]);
    change("1.1.0", &without("old"), "- removed: `old`", &["field-removed-without-major"]);
    let report = change("2.0.0", &without("note"), "- removed: `note`", &["field-removed-not-deprecated"]);
    assert_eq!(report.introduced[0].hurt, ["producer till", "consumer billing"]);
    let base = registry();
    let mut files = base.clone();
    edit(&mut files, "2.0.0", &without("old"), "- removed: `old`");
    let early = check(
        &files,
        Some(&base),
        "",
        date(2026, 3, 31),
        &[(format!("{ORDER}/versions/1.0.0.json"), date(2026, 1, 1))].into(),
    );
    assert_eq!(rules(&early), ["field-removed-too-early"]);
    assert!(early.introduced[0].message.contains("89 days ago"), "{:?}", early.introduced);
    assert_eq!(rules(&check(&files, Some(&base), "", TODAY, &Published::new())), ["field-removed-too-early"]);
}

#[test]
fn a_name_that_is_gone_stays_gone() {
    let base = registry();
    let mut files = base.clone();
    let file = format!("{ORDER}/event.yaml");
    let manifest = String::from_utf8_lossy(files.get(&file).expect("a manifest")).into_owned();
    files.insert(file, manifest + "reserved: [paid]\n");
    edit(&mut files, "1.1.0", &altered(|fields| fields["paid"] = json!({})), "- added: `paid`");
    let report = judge(&files, &base);
    assert_eq!(rules(&report), ["field-reuse-after-removal"]);
    assert!(report.introduced[0].pointer.ends_with("/paid"));
}

#[test]
fn earlier_examples_pass_the_new_version() {
    let report = change(
        "1.1.0",
        &altered(|fields| fields["order"]["minLength"] = json!(2)),
        "- semantics: longer",
        &["example-invalid", "example-invalid"],
    );
    assert_eq!(report.introduced[0].from.as_deref(), Some("1.0.0"));
}

#[test]
fn what_is_published_stays() {
    let base = registry();
    let mut files = base.clone();
    files.insert(format!("{ORDER}/versions/1.0.0.json"), r#"{"x-version": "1.0.0"}"#);
    assert!(rules(&judge(&files, &base)).contains(&"published-version-modified"));
    let mut broken = base.clone();
    broken.insert(format!("{ORDER}/schema.json"), "{");
    assert_eq!(rules(&judge(&broken, &base)), ["schema-invalid"], "nothing is gone");
    let mut gone = FileSet::new("test");
    gone.insert("registry.yaml", base.get("registry.yaml").expect("settings"));
    assert_eq!(rules(&judge(&gone, &base)), ["published-version-modified"]);
}

#[test]
fn an_exception_covers_one_finding_until_its_day() {
    let base = registry();
    let mut files = base.clone();
    edit(&mut files, "1.1.0", &altered(|fields| fields["note"]["x-unit"] = json!("s")), "- semantics: unit");
    let open = judge(&files, &base);
    let [finding] = &open.introduced[..] else { panic!("{open:#?}") };
    let exception = |expiry: &str, pointer: &str| {
        format!(
            "rule: {}\nevent: OrderPlaced\nfrom: 1.0.0\nto: 1.1.0\npointer: {pointer}\nreason: agreed\napprover: ana\nexpiry: {expiry}\n",
            finding.rule
        )
    };
    let expect = |text: String, expected: &[&str]| {
        let mut files = files.clone();
        files.insert("exceptions/unit.yaml", text);
        let report = judge(&files, &base);
        assert_eq!(rules(&report), expected, "{report:#?}");
        report
    };
    let report = expect(exception("2026-06-01", &finding.pointer), &[]);
    assert_eq!(report.accepted[0].accepted.as_deref(), Some("unit"));
    expect(exception("2026-05-31", &finding.pointer), &[finding.rule, "exception-expired"]);
    expect(exception("2026-06-01", "/other"), &[finding.rule]);
    let witness = format!("{}witness: {}\n", exception("2026-06-01", &finding.pointer), Digest::of(&json!(1)));
    expect(witness, &[finding.rule]);
    expect("rule: x\n".to_owned(), &[finding.rule, "exception-expired"]);
    expect(
        exception("2026-06-01", "").replace(finding.rule, "published-version-modified"),
        &[finding.rule, "exception-expired"],
    );
}

#[test]
fn an_undecided_relation_is_a_finding_unless_only_words_changed() {
    let base = registry();
    let mut files = base.clone();
    let settings = String::from_utf8_lossy(files.get("registry.yaml").expect("settings")).replace("none", "backward");
    files.insert("registry.yaml", settings);
    edit(&mut files, "1.0.1", &altered(|fields| fields["note"]["description"] = json!("x")), "- docs: x");
    assert!(rules(&judge(&files, &base)).is_empty());
    let mut files = with(base.clone(), &files);
    let fields = altered(|fields| fields["order"] = json!({"type": "integer"}));
    edit(&mut files, "1.1.0", &fields, "- semantics: x");
    let report = judge(&files, &base);
    assert!(report.introduced.iter().any(|it| it.rule.starts_with("compat-")), "{report:#?}");
}

#[test]
fn a_change_cannot_relax_what_it_is_held_to() {
    let base = registry();
    let mut files = base.clone();
    edit(&mut files, "1.1.0", &altered(|fields| fields["note"]["x-unit"] = json!("s")), "- semantics: unit");
    let settings = String::from_utf8_lossy(files.get("registry.yaml").expect("settings")).into_owned();
    files.insert("registry.yaml", format!("{settings}levels: {{semantics-changed-without-bump: off}}\n"));
    assert_eq!(rules(&judge(&files, &base)), ["semantics-changed-without-bump"]);
    let mut relaxed = base.clone();
    relaxed.insert("registry.yaml", files.get("registry.yaml").expect("settings"));
    assert_eq!(rules(&judge(&files, &relaxed)), [""; 0], "from the next change on it holds");
}

#[test]
fn a_version_is_bound_by_the_mode_of_the_one_before() {
    // Published under `full`, whatever event.yaml says now.
    let lock = format!("{ORDER}/versions/1.0.0.lock");
    let mut base = registry();
    let text = String::from_utf8_lossy(base.get(&lock).expect("a lock")).into_owned();
    base.insert(lock.clone(), text.replace("none", "full"));
    let mut files = base.clone();
    edit(&mut files, "1.1.0", &altered(|fields| fields["order"]["maxLength"] = json!(1)), "- semantics: short");
    let found = rules(&judge(&files, &base));
    assert!(found.contains(&"bound-tightened") && found.iter().any(|it| it.starts_with("compat-")), "{found:?}");
    files.insert(lock, text);
    assert_eq!(rules(&judge(&files, &base)), ["published-version-modified"], "nor may the lock be changed");
}

#[test]
fn a_fragment_is_released_with_the_event_that_uses_it() {
    let base = registry();
    let mut files = base.clone();
    let common = "common/money";
    files.insert(format!("{common}/event.yaml"), "title: Money\nowners: [\"@shop\"]\nstatus: active\n");
    files.insert(format!("{common}/schema.json"), r#"{"x-version": "1.0.0", "type": "integer"}"#);
    files.insert(format!("{common}/CHANGELOG.md"), "## 1.0.0\n\n- added: all\n");
    files.insert(format!("{common}/examples/1.0.0/valid/a.json"), "1");
    files.insert(format!("{common}/examples/1.0.0/invalid/a.json"), "\"1\"");
    let price = json!({"$ref": "../../../common/money/versions/1.0.0.json"});
    edit(&mut files, "1.1.0", &altered(|fields| fields["price"] = price), "- added: `price`");
    let new = publish(&files, Some(&base), "", TODAY, &Published::new()).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(new.iter().count(), 4, "two versions with their locks");
}

#[test]
fn a_recursive_schema_ends() {
    let branches: serde_json::Map<String, Value> =
        (0..20).map(|n| (format!("f{n}"), json!({"$ref": "#/$defs/node"}))).collect();
    let schema = json!({"$defs": {"node": {"properties": branches}}, "$ref": "#/$defs/node"});
    assert!(super::change::changes(&schema, &schema).is_empty());
}

#[test]
fn owners_stand_in_codeowners() {
    let mut files = registry();
    files.insert(super::CODEOWNERS, "* @all\n");
    let judged = |files: &FileSet| rules(&check(files, None, "contracts", TODAY, &Published::new()));
    assert_eq!(judged(&files), ["codeowners-drift"]);
    let new = publish(&files, None, "contracts", TODAY, &Published::new()).expect("drift is what it settles");
    let text = String::from_utf8_lossy(new.get(super::CODEOWNERS).expect("it was brought up to date")).into_owned();
    assert!(text.starts_with("* @all\n") && text.contains("\n/contracts/events/shop/OrderPlaced/ @shop\n"), "{text}");
    files = with(files, &new);
    assert!(judged(&files).is_empty());
    files.insert(format!("{ORDER}/event.yaml"), "title: x\nowners: []\nstatus: active\nconsumers: [billing@0.9]\n");
    let report = check(&files, None, "contracts", TODAY, &Published::new());
    let all: Vec<&str> = report.introduced.iter().map(|it| it.rule).collect();
    assert_eq!(all, ["codeowners-drift", "consumer-behind", "owners-missing"]);
}

#[test]
fn levels_come_from_the_registry() {
    let mut files = registry();
    let settings = String::from_utf8_lossy(files.get("registry.yaml").expect("settings")).into_owned();
    files.insert(format!("{ORDER}/event.yaml"), "title: x\nowners: []\nstatus: active\n");
    files.insert("registry.yaml", format!("{settings}levels: {{owners-missing: off}}\n"));
    assert_eq!(check(&files, None, "", TODAY, &Published::new()), Report::default());
    files.insert("registry.yaml", format!("{settings}levels: {{owner-missing: off}}\n"));
    assert_eq!(rules(&check(&files, None, "", TODAY, &Published::new())), ["schema-invalid"]);
}

#[test]
fn a_head_alone_is_looked_at() {
    let odd = altered(|fields| {
        fields["a"] = json!({"type": "string", "minLength": 3, "maxLength": 2});
        fields["b"] = json!({"anyOf": [{"type": "string"}, {"type": "string"}]});
        fields["c"] = json!({"pattern": "(?i)x"});
    });
    change("1.1.0", &odd, "- added: three", &["schema-unsatisfiable", "dead-branch", "pattern-not-portable"]);
    let report = {
        let mut files = registry();
        files.insert(format!("{ORDER}/schema.json"), r#"{"x-version": "1.1.0", "$ref": "https://example.com/x"}"#);
        check(&files, None, "", TODAY, &Published::new())
    };
    assert_eq!(rules(&report), ["ref-remote"]);
}

#[test]
fn a_new_contract_is_clean_and_is_released() {
    let new = scaffold(&shipped(), "shop", "OrderPlaced", "@shop").expect("a name");
    let files = with(shipped(), &new);
    let report = check(&files, Some(&shipped()), "", TODAY, &Published::new());
    assert_eq!(rules(&report), [""; 0], "{report:#?}");
    let published = publish(&files, Some(&shipped()), "", TODAY, &Published::new()).expect("it is clean");
    assert_eq!(published.iter().count(), 2);
    let files = with(files, &published);
    assert!(crate::check_examples(&files, &crate::Registry::load(&files).expect("it loads")).is_empty());
    assert!(release(&files).expect("it loads").is_empty(), "twice changes nothing");
    for (domain, event) in [("Shop", "OrderPlaced"), ("shop", "order"), ("shop", "RunStarted"), ("..", "OrderPlaced")] {
        assert!(scaffold(&shipped(), domain, event, "@shop").is_err(), "{domain}/{event}");
    }
}

#[test]
fn a_refused_release_says_which_rules() {
    let base = registry();
    let mut files = base.clone();
    edit(&mut files, "1.1.0", &json!({"order": {"type": "string"}}), "- removed: two");
    let refused = publish(&files, Some(&base), "", TODAY, &Published::new()).expect_err("fields were removed");
    let Refused::Findings(found) = refused else { panic!("{refused:?}") };
    assert!(found.iter().all(|finding: &Finding| finding.rule.starts_with("field-removed")), "{found:#?}");
}

#[test]
fn everybody_who_names_an_event_is_touched() {
    let mut definitions = FileSet::new("factory");
    let blueprint = "# OrderPlaced\non:\n  - event: OrderPlaced@1.0\nstages:\n  - id: a\n    emits:\n      - OrderPlaced@1.0\n      - OrderPlacedTwice@1.0\n";
    definitions.insert("blueprints/ship/blueprint.yaml", blueprint);
    definitions.insert("agents/seller/agent.yaml", "events:\n  OrderPlaced: {order: x}\n");
    let told: Vec<String> = users("OrderPlaced", &registry(), &definitions)
        .iter()
        .map(|it| format!("{} {} {} {}:{}", it.kind, it.name, it.role, it.file, it.line))
        .collect();
    assert_eq!(
        told,
        [
            "agent seller produces agents/seller/agent.yaml:2",
            "blueprint ship consumes blueprints/ship/blueprint.yaml:3",
            "blueprint ship produces blueprints/ship/blueprint.yaml:7",
            "consumer billing consumes events/shop/OrderPlaced/event.yaml:5",
            "producer till produces events/shop/OrderPlaced/event.yaml:4",
        ]
    );
    let base = registry();
    let mut files = base.clone();
    edit(&mut files, "1.1.0", &altered(|it| it["note"]["x-unit"] = json!("s")), "- semantics: unit");
    let told = impact(&judge(&files, &base), &files, &definitions);
    assert_eq!((told.len(), told[0].event.as_str(), told[0].users.len()), (1, "OrderPlaced", 5));
}

#[test]
fn pages_tell_of_fields_and_changes() {
    let pages = pages(&registry()).expect("it loads");
    let page = String::from_utf8_lossy(pages.get("OrderPlaced.md").expect("a page")).into_owned();
    for part in [
        "| `order` | string | yes |  |",
        "**Deprecated.**",
        "| consumers | billing |",
        "### 1.0.0\n\n- added: all",
        "\"order\": \"7\"",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(pages.get("README.md").is_some());
}
