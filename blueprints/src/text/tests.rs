use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Context, Templates, TextErrorKind, check_text, inclusions, references, render_text, resolve};

fn context() -> Value {
    json!({
        "inputs": {"name": "orders", "count": 3, "flag": true, "none": null},
        "work_item": {"title": "Take *orders* @ana", "body": "closes #7"},
        "entities": [{"name": "Order Line", "fields": [{"name": "id"}, {"name": "total"}]}, {"name": "Order"}],
        "zebra": {"b": 1, "a": "x"},
    })
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(render_text(text, &context()).map_err(|error| error.to_string()), Ok(expected.to_owned()), "{text}");
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    assert_eq!(render_text(text, &context()).map_err(|error| error.to_string()), Err(expected.to_owned()), "{text}");
}

fn files(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

#[track_caller]
fn load_fails(list: &[(&str, &str)], expected: &str) {
    assert_eq!(Templates::load(&files(list)).map(drop).map_err(|error| error.to_string()), Err(expected.to_owned()));
}

#[test]
fn functions_give_what_they_say() {
    for (text, expected) in [
        ("{{snake \"Order Line\"}} {{kebab 'Order Line'}} {{pascal 'order line'}}", "order_line order-line OrderLine"),
        ("{{camel 'order line'}} {{title 'order line'}} {{upper 'ß'}} {{lower 'Ä'}}", "orderLine Order Line SS ä"),
        ("{{json inputs.name}} {{json zebra}}", r#""orders" {"a":"x","b":1}"#),
        ("{{yaml inputs.name}} {{yaml inputs.count}} {{yaml '#a: \\'b\\n'}}", "\"orders\" 3 \"#a: 'b\\n\""),
        ("{{len entities}} {{len inputs.name}} {{add inputs.count 2}} {{sub 1 2}}", "2 6 5 -1"),
        ("{{default inputs.nix 'x'}} {{default inputs.none 'y'}} {{default inputs.name 'z'}}", "x y orders"),
        (
            "{{first_line '\\n  a \\nb'}}|{{trim ' a '}}|{{concat 'a' 1 true}}|{{replace 'a-b' '-' '_'}}",
            "a|a|a1true|a_b",
        ),
        ("{{contains 'abc' 'b'}} {{starts_with 'abc' 'b'}} {{ends_with 'abc' 'c'}}", "true false true"),
        ("{{#if (and inputs.flag (not inputs.nix))}}yes{{else if inputs.x}}maybe{{else}}no{{/if}}", "yes"),
        ("{{#if (gt inputs.count 2)}}many{{/if}}{{#unless (eq inputs.name 'a')}}!{{/unless}}", "many!"),
        ("{{#each entities as |e|}}{{e.name}}{{#unless @last}}, {{/unless}}{{/each}}", "Order Line, Order"),
        ("{{#each entities}}{{name}}/{{@root.inputs.name}} {{/each}}", "Order Line/orders Order/orders "),
        ("{{#each zebra as |v k|}}{{k}}={{v}};{{/each}}", "a=x;b=1;"),
        ("x:\n  {{indent 'a\\n\\nb' 2}}", "x:\n  a\n\n  b"),
        ("{{lookup zebra 'a'}} {{lookup (lookup entities 1) 'name'}}", "x Order"),
        ("{{comment-safe 'a */ b\\n<!-- c --> \u{202e}d\\\\'}}", "a * / b < !-- c -- > d"),
        ("$\\{{ matrix.os }} {{!-- {{#if}} --}}{{! x }}{{{{raw}}}}{{a}}{{{{/raw}}}}", "${{ matrix.os }} {{a}}"),
        ("<b>&\"{{inputs.name}}\"", "<b>&\"orders\""),
        ("no tags }} at all", "no tags }} at all"),
    ] {
        check(text, expected);
    }
}

#[test]
fn lists_are_joined() {
    assert_eq!(
        render_text("{{join l}} {{join l '-'}}", &json!({"l": ["a", 1, {"b": 2}]})).as_deref(),
        Ok("a, 1, {\"b\":2} a-1-{\"b\":2}")
    );
}

#[test]
fn an_outsiders_text_is_words_and_nothing_else_in_markdown() {
    for (text, expected) in [
        ("# Title", "\\# Title"),
        ("*a* [b](http://c) <i>", "\\*a\\* \\[b\\](http:&#8203;//c) &lt;i&gt;"),
        ("ask @ana about #7", "ask @&#8203;ana about #&#8203;7"),
        (
            "Fixes: org/repo#7 and closes https://x/1",
            "F&#8203;ixes: org/repo#&#8203;7 and c&#8203;loses https:&#8203;//x/1",
        ),
        ("1. one\n- two\n> three", "1\\. one\n\\- two\n&gt; three"),
        ("a\u{200b}b\u{1b}[0m", "ab\\[0m"),
        ("[skip ci]", "\\[skip ci\\]"),
        ("`x` | y ~z~ $m$", "\\`x\\` \\| y \\~z\\~ \\$m\\$"),
        ("orders-service v2.0 (beta)", "orders-service v2.0 (beta)"),
    ] {
        assert_eq!(super::neutralise_markdown(text), expected, "{text}");
    }
}

#[test]
fn an_undefined_variable_is_named_with_its_place_and_what_was_meant() {
    for (text, expected) in [
        ("a\n  {{inputs.nmae}}", "text:2:5: variable `inputs.nmae` is not defined; did you mean `inputs.name`?"),
        ("é {{upper input.name}}", "text:1:11: variable `input.name` is not defined; did you mean `inputs`?"),
        (
            "{{inputs.zzzzzz}}",
            "text:1:3: variable `inputs.zzzzzz` is not defined; `inputs` has `count`, `flag`, `name`, `none`",
        ),
        ("{{inputs.name.x}}", "text:1:3: variable `inputs.name.x` is not defined; `inputs.name` has no fields"),
        (
            "{{#if (eq inputs.nmae 1)}}{{/if}}",
            "text:1:11: variable `inputs.nmae` is not defined; did you mean `inputs.name`?",
        ),
        ("{{#each entitys}}{{/each}}", "text:1:9: variable `entitys` is not defined; did you mean `entities`?"),
        (
            "{{#each entities}}{{inputs.name}}{{/each}}",
            "text:1:19: variable `inputs.name` is not defined in this block; write `@root.inputs.name` to leave the block",
        ),
        ("{{#each entities as |e|}}{{e.nmae}}{{/each}}", "text:1:26: variable `e.nmae` is not defined"),
        (
            "{{#each inputs.name}}{{/each}}",
            "text:1:9: `inputs.name` is not a list or object, or is empty; add `{{else}}`",
        ),
    ] {
        fails(text, expected);
    }
    let error = render_text("{{a}}", &json!({})).expect_err("undefined");
    assert_eq!(error.kind, TextErrorKind::Undefined);
}

#[test]
fn what_the_language_leaves_out_is_refused_with_its_place() {
    for (text, expected) in [
        ("{{{a}}}", "text:1:1: three braces: nothing is escaped here, write `{{name}}`"),
        ("{{&a}}", "text:1:1: nothing is escaped here, write `{{name}}`"),
        ("{{#*inline 'x'}}{{/inline}}", "text:1:1: inline partials are not available; write a file below `partials/`"),
        ("{{* x}}", "text:1:1: decorators are not available"),
        ("{{#> x}}{{/x}}", "text:1:1: partial blocks are not available; pass parameters: `{{> name a=b}}`"),
        ("{{> (lookup a b)}}", "text:1:1: a partial is named by a plain word: `{{> header}}`"),
        ("{{> x}}", "text:1:5: there is no partial `x`"),
        ("{{json [1]}}", "text:1:8: list and object literals and bracketed names are not available; use `lookup`"),
        ("{{uper a}}", "text:1:3: there is no function `uper`; did you mean `upper`?"),
        ("{{#upper a}}{{/upper}}", "text:1:4: there is no block `upper`; there are `if`, `unless`, `each` and `with`"),
        ("{{log 'x'}}", "text:1:3: there is no function `log`"),
        ("{{#if a}}", "text:1:1: block `if` is not closed"),
        ("{{#if a}}{{/each}}", "text:1:10: `/each` closes a block `if`"),
        ("x\n{{/if}}", "text:2:1: `/if` closes nothing"),
        ("{{else}}", "text:1:1: `else` stands outside any block"),
        ("{{a", "text:1:1: a tag is not closed: `}}` is missing"),
        ("{{}}", "text:1:1: a tag is empty"),
        ("{{! a", "text:1:1: a comment is not closed"),
        ("{{{{raw}}}} {{a}}", "text:1:1: a raw block ends with `{{{{/raw}}}}`"),
        ("{{upper 'a}}", "text:1:9: a text is not closed"),
    ] {
        fails(text, expected);
    }
}

#[test]
fn partials_are_files_and_keep_the_indentation_of_their_place() {
    let set = files(&[
        ("a.yaml.hbs", "top:\n  {{> body name=inputs.name}}\nend"),
        ("partials/body.hbs", "x: {{name}}\ny: {{> deep/leaf}}\n"),
        ("partials/deep/leaf.hbs", "leaf"),
    ]);
    let templates = Templates::load(&set).expect("well formed");
    let text = templates.render("a.yaml.hbs", &Context::new(&context()));
    assert_eq!(text.as_deref(), Ok("top:\n  x: orders\n  y: leaf\nend"));
    let error = templates.render("b.hbs", &Context::new(&context())).expect_err("no such template");
    assert_eq!(error.message, "there is no template `b.hbs`");
}

#[test]
fn an_error_in_a_partial_names_the_partials_file() {
    let set = files(&[("a.hbs", "\n{{> body}}"), ("partials/body.hbs", "\n\n {{nix}}")]);
    let error = Templates::load(&set).expect("well formed").render("a.hbs", &Context::new(&context()));
    assert_eq!(
        error.map_err(|error| error.to_string()),
        Err(
            "partials/body.hbs:3:4: variable `nix` is not defined; there is `entities`, `inputs`, `work_item`, `zebra`"
                .to_owned()
        )
    );
}

#[test]
fn partials_that_would_end_the_process_are_refused_when_loaded() {
    load_fails(
        &[
            ("partials/a.hbs", "{{> b}}"),
            ("partials/b.hbs", "\n{{#if x}}{{> c}}{{/if}}"),
            ("partials/c.hbs", "{{> a}}"),
        ],
        "partials/c.hbs:1:5: partials include each other: `a` → `b` → `c` → `a`",
    );
    load_fails(&[("partials/a.hbs", "{{>a}}")], "partials/a.hbs:1:4: partials include each other: `a` → `a`");
    let chain: Vec<(String, String)> = (0..200)
        .map(|n| {
            (format!("partials/p{n:03}.hbs"), if n == 199 { "x".into() } else { format!("{{{{> p{:03}}}}}", n + 1) })
        })
        .collect();
    let error = Templates::load(&chain.into_iter().collect()).expect_err("too deep");
    assert_eq!(error.kind, TextErrorKind::Limit, "{error}");
    let bomb: BTreeMap<String, String> = (0..20)
        .map(|n| {
            (
                format!("partials/p{n:03}.hbs"),
                if n == 19 { "x".into() } else { format!("{{{{> p{0:03}}}}}{{{{> p{0:03}}}}}", n + 1) },
            )
        })
        .collect();
    let error = Templates::load(&bomb).expect_err("too many");
    assert_eq!(error.kind, TextErrorKind::Limit, "{error}");
}

#[test]
fn nesting_is_bounded_before_the_parser_sees_it_and_what_passes_renders() {
    let nested = |levels: usize| format!("{}x{}", "{{#if inputs.flag}}".repeat(levels), "{{/if}}".repeat(levels));
    check(&nested(super::MAX_DEPTH), "x");
    for text in [
        nested(super::MAX_DEPTH + 1),
        nested(100_000),
        format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if a}}".repeat(5_000)),
        format!("{{{{not {}a{}}}}}", "(not ".repeat(50), ")".repeat(50)),
        format!("{{{{not {}}}}}", "a ".repeat(5_000)),
        "{{#if a}}".repeat(10_000),
        "{".repeat(10_000),
        "{{a}}".repeat(4_001),
        "{{!}}".repeat(4_001),
        "\\{{".repeat(4_001),
        "x".repeat(super::MAX_TEXT_BYTES + 1),
    ] {
        assert!(check_text(&text).is_err(), "{}", text.chars().take(40).collect::<String>());
    }
    let deep = format!("{{{{#if {}inputs.flag{}}}}}x{{{{/if}}}}", "(not ".repeat(8), ")".repeat(8));
    check(&deep, "x");
    check(&"{{inputs.count}}".repeat(500), &"3".repeat(500));
    let chain = format!(
        "{{{{#if inputs.nix}}}}{}{{{{else}}}}x{{{{/if}}}}",
        "{{else if inputs.nix}}".repeat(super::MAX_DEPTH - 1)
    );
    check(&chain, "x");
}

#[test]
fn output_is_capped() {
    let set = files(&[("a", "{{#each l}}{{#each @root.l}}0123456789{{/each}}{{/each}}")]);
    let templates = Templates::load(&set).expect("well formed");
    let context = Context::new(&json!({"l": vec![0; 2_000]}));
    let error = templates.render_within("a", &context, 1_000).expect_err("40 MB");
    assert_eq!((error.kind, error.message.as_str()), (TextErrorKind::Limit, "the text grows beyond 1000 bytes"));
    let doubled = render_text("{{replace t 'a' t}}", &json!({"t": "a".repeat(5_000)})).expect_err("25 MB");
    assert_eq!(doubled.kind, TextErrorKind::Limit);
}

#[test]
fn parameters_resolve_to_values_and_texts() {
    let value = json!({
        "list": "{{entities}}", "spaced": " {{ inputs.count }} ", "text": "n-{{inputs.name}}", "two": "{{inputs.count}}{{inputs.count}}",
        "deep": [{"x": "{{entities.0.name}}"}], "call": "{{upper inputs.name}}", "plain": 7,
        "made": {"json": "[{{#each entities as |e|}}{{#unless @first}},{{/unless}}{{json e.name}}{{/each}}]"},
    });
    let resolved = resolve(&value, &context()).expect("all defined");
    assert_eq!(
        resolved,
        json!({
            "list": context()["entities"], "spaced": 3, "text": "n-orders", "two": "33",
            "deep": [{"x": "Order Line"}], "call": "ORDERS", "plain": 7, "made": ["Order Line", "Order"],
        })
    );
    let error = resolve(&json!(["{{inputs.nmae}}"]), &context()).expect_err("undefined");
    assert_eq!(error.to_string(), "text:1:3: variable `inputs.nmae` is not defined; did you mean `inputs.name`?");
    let error = resolve(&json!({"json": "{"}), &context()).expect_err("not JSON");
    assert_eq!(error.kind, TextErrorKind::Value);
}

#[test]
fn a_text_names_its_variables() {
    let text = "{{a.b}} {{#each c.list as |x|}}{{x.y}}{{name}}{{@index}}{{@root.d}}{{../e}}{{/each}}\n\
                {{#if f}}{{g}}{{/if}}{{default h i}}{{upper (concat j 'k' 1 l=m)}}{{> p n q=r}}{{this}}{{len}}";
    let found: Vec<String> = references(text)
        .into_iter()
        .map(|r| format!("{}@{}:{}{}", r.path, r.line, r.column, if r.optional { "?" } else { "" }))
        .collect();
    assert_eq!(
        found,
        [
            "a.b@1:3",
            "c.list@1:17",
            "d@1:59",
            "e@1:70",
            "f@2:7?",
            "g@2:12",
            "h@2:32?",
            "i@2:34",
            "j@2:53",
            "m@2:63",
            "n@2:73",
            "r@2:77"
        ]
    );
}

#[test]
fn a_text_tells_what_guards_its_variables() {
    for (text, expected) in [
        ("{{#if a.b}}{{x}}{{else}}{{y}}{{/if}}", "a.b? x<a.b y"),
        ("{{#unless a}}{{x}}{{else}}{{y}}{{/unless}}", "a? x y<a"),
        ("{{#if (and a b)}}{{x}}{{/if}}{{y}}", "a? b? x<a,b y"),
        ("{{#if (or a b)}}{{x}}{{/if}}", "a? b? x"),
        ("{{#if (not a)}}{{x}}{{/if}}", "a? x"),
        ("{{#if a}}{{x}}{{else if b}}{{y}}{{else}}{{z}}{{/if}}", "a? b?<a x<a y<b z"),
        ("{{#if a}}{{#each b}}{{c}}{{@root.x}}{{else}}{{y}}{{/each}}{{/if}}", "a? b<a x<a y<a"),
        ("{{#if a}}{{#if b}}{{x}}{{/if}}{{/if}}", "a? b?<a x<a,b"),
    ] {
        let mut found: Vec<String> = references(text)
            .into_iter()
            .map(|it| {
                let guards = if it.guards.is_empty() { String::new() } else { format!("<{}", it.guards.join(",")) };
                format!("{}{}{guards}", it.path, if it.optional { "?" } else { "" })
            })
            .collect();
        found.sort();
        assert_eq!(found.join(" "), expected, "{text}");
    }
    let [one, two] = &inclusions("{{> a}}{{#if x}}{{> b c=d}}{{/if}}")[..] else { panic!("two partials") };
    assert_eq!((one.name.as_str(), one.guards.len()), ("a", 0));
    assert_eq!((two.name.as_str(), two.guards.join(",").as_str()), ("b", "x"));
}

/// Whatever we let pass, the engine must not nest deeper than we think: its recursion is what ends a process.
#[test]
fn the_engine_never_nests_deeper_than_the_scan_says() {
    const PARTS: [&str; 26] = [
        "{{#if a}}",
        "{{/if}}",
        "{{else}}",
        "{{else if a}}",
        "{{^}}",
        "{{^if a}}",
        "{{!--",
        "--}}",
        "{{!",
        "}}",
        "\\",
        "{{{{raw}}}}",
        "{{{{/raw}}}}",
        "{{a}}",
        "{{~#if a~}}",
        "{{ # each a }}",
        "{{/each}}",
        " ",
        "\n",
        "'",
        "\"",
        "{{",
        "{{upper 'x}}'}}",
        "-",
        "{{ ~ / if ~ }}",
        "{{elseif a}}",
    ];
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let (mut passed, mut nested) = (0, 0);
    for _ in 0..30_000 {
        let text: String = (0..=next(9)).map(|_| PARTS[next(PARTS.len())]).collect();
        let tags = super::scan::scan(&text);
        let Some(depth) = tags.and_then(|tags| super::check::shape(&tags).map(|shape| shape.depth)).ok() else {
            continue;
        };
        let Ok(template) = handlebars::Template::compile(&text) else { continue };
        let actual = depth_of(&template);
        assert!(actual <= depth, "{text:?} nests {actual} deep, the scan says {depth}");
        passed += 1;
        nested += usize::from(actual > 0);
    }
    assert!(passed > 1_000 && nested > 100, "{passed} texts passed, {nested} of them nested");
}

fn depth_of(template: &handlebars::template::Template) -> usize {
    use handlebars::template::TemplateElement::HelperBlock;
    let inner = template.elements.iter().map(|element| match element {
        // Holds text only.
        HelperBlock(block) if block.name == handlebars::template::Parameter::Name("raw".to_owned()) => 0,
        HelperBlock(block) => {
            1 + [&block.template, &block.inverse].into_iter().flatten().map(depth_of).max().unwrap_or(0)
        }
        _ => 0,
    });
    inner.max().unwrap_or(0)
}
