//! Arbitrary bytes: findings, never a panic.

use forgeline_blueprints::{
    Factory, codes,
    plan::{Request, compile},
};
use forgeline_model::FileSet;
use forgeline_registry::Registry;
use serde_json::json;

use crate::world::{AGENT_FILE, BLUEPRINT_FILE, CONFIG_FILE, files};

/// xorshift64: the same mutations on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).expect("below a usize")
    }
}

const PIECES: [&str; 40] = [
    ": ",
    "- ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    "{{",
    "}}",
    "\"",
    "'",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "---\n",
    "...",
    "\t",
    "|\n",
    ">-\n",
    "\u{feff}",
    "\u{0}",
    "\u{2028}",
    "é",
    "\u{1f600}",
    "010",
    "yes",
    "~",
    ".inf",
    "1e999",
    "99999999999999999999",
    "null",
    "? ",
    "@",
    "`",
    "%YAML 1.1\n",
    "../",
    "\\",
];

fn mutate(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len() + 1);
        match dice.roll(6) {
            0 => bytes.splice(at..at, PIECES[dice.roll(PIECES.len())].bytes()).for_each(drop),
            1 => bytes.truncate(at),
            2 => {
                let end = (at + dice.roll(30)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let end = (at + dice.roll(60)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = dice.roll(bytes.len() + 1);
                bytes.splice(to..to, copy).for_each(drop);
            }
            4 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(dice.roll(256)).expect("a byte");
                }
            }
            _ => {
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (from, to) = (dice.roll(lines.len()), dice.roll(lines.len()));
                let mut lines = lines;
                lines.swap(from, to);
                bytes = lines.join(&b'\n');
            }
        }
    }
    bytes
}

fn survive(files: &FileSet) {
    let (factory, found) = Factory::load(files);
    for finding in found.iter().chain(&factory.check_contracts(Registry::built_in())) {
        let rendered = finding.render();
        assert_ne!(finding.code, codes::DISAGREEMENT, "{rendered}");
        assert!(codes::explain(&finding.code).is_some(), "{rendered}");
        assert!(finding.span.is_some(), "{rendered}");
    }
    let request = Request { blueprint: "service", inputs: &json!({"name": "orders"}), registry: Registry::built_in() };
    if let Ok(plan) = compile(&factory, &request) {
        assert!(!plan.stages.is_empty());
    }
}

#[test]
fn mutated_definitions_are_judged_and_never_crash() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let good = files();
    for round in 0..320 {
        let file = [BLUEPRINT_FILE, AGENT_FILE, CONFIG_FILE, "agents/writer/templates/page.md.hbs"][round % 4];
        let mut files = good.clone();
        files.insert(file, mutate(good.get(file).expect("there"), &mut dice));
        survive(&files);
    }
}

#[test]
fn documents_that_aim_at_the_parsers_are_refused() {
    let deep = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    let bomb =
        (1..20).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| format!("{text}a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1));
    let wide = format!("stages: [{}]", "{id: a, uses: b@1}, ".repeat(20_000));
    let texts = [
        deep("[", "]", 50_000),
        deep("{a: ", "}", 50_000),
        "- ".repeat(50_000),
        "? ".repeat(50_000),
        "a:\n ".repeat(3),
        bomb,
        "&a [*a]".to_owned(),
        "!!binary aGk=".to_owned(),
        "x".repeat(1 << 20),
        "\"".repeat(1 << 20),
        "# ".repeat(1 << 19),
        format!("when: '{}'", "(".repeat(4000)),
        wide,
    ];
    for text in texts {
        for file in [BLUEPRINT_FILE, AGENT_FILE, CONFIG_FILE] {
            let mut files = files();
            files.insert(file, text.as_bytes());
            let (_, found) = Factory::load(&files);
            assert!(!found.is_empty(), "{}", &text[..40.min(text.len())]);
        }
    }
}

#[test]
fn a_large_circle_is_found_and_a_larger_graph_refused() {
    let text = crate::world::BLUEPRINT;
    let (head, _) = text.split_once("  - id: vision").expect("there");
    for (count, code) in [(256, codes::CYCLE), (257, codes::TOO_LARGE)] {
        let stage =
            |n: usize| format!("  - {{id: s{n}, uses: writer@^1, needs: [s{}], with: {{name: a}}}}\n", (n + 1) % count);
        let mut files = files();
        files.insert(BLUEPRINT_FILE, format!("{head}{}", (0..count).map(stage).collect::<String>()));
        let (_, found) = Factory::load(&files);
        assert_eq!(found.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), [code]);
    }
}
