//! Terms have one form where that is cheap, and derivatives say what strings do.

use super::{ANYTHING, EMPTY, Languages, NOTHING, Term};

fn read(languages: &mut Languages, pattern: &str) -> Term {
    languages.read(pattern).unwrap_or_else(|| panic!("{pattern} is a regular language"))
}

#[test]
fn plain_terms_have_one_form() {
    let mut all = Languages::default();
    let (a, b) = (all.text("a"), all.text("b"));
    let ab = all.text("ab");
    assert_eq!((all.union(vec![]), all.union(vec![NOTHING, a, a])), (NOTHING, a));
    assert_eq!(all.union(vec![a, ANYTHING]), ANYTHING);
    let (either, turned) = (all.union(vec![a, b]), all.union(vec![b, a]));
    assert_eq!((either, all.union(vec![either, b])), (turned, either));
    assert_eq!((all.concat(NOTHING, a), all.concat(a, NOTHING)), (NOTHING, NOTHING));
    assert_eq!((all.concat(EMPTY, a), all.concat(a, EMPTY), all.concat(a, b)), (a, a, ab));
    let (left, right) = (all.concat(ab, a), all.concat(b, a));
    assert_eq!(left, all.concat(a, right), "to the right");
    let tail = all.concat(ANYTHING, a);
    assert_eq!((all.concat(ANYTHING, ANYTHING), all.concat(ANYTHING, tail)), (ANYTHING, tail));
    let again = all.concat(tail, a);
    assert_ne!(all.concat(ANYTHING, again), a);
    assert_eq!((all.repeat(a, 0, Some(0)), all.repeat(EMPTY, 3, None)), (EMPTY, EMPTY));
    assert_eq!((all.repeat(NOTHING, 0, None), all.repeat(NOTHING, 1, None)), (EMPTY, NOTHING));
    assert_eq!(all.repeat(a, 1, Some(1)), a);
    let every = read(&mut all, "");
    assert!(all.is_anything(every) && !all.is_anything(a));
    assert_eq!(all.class(vec![]), NOTHING);
}

#[test]
fn patterns_accept_what_they_match() {
    for (pattern, good, bad) in [
        ("b", vec!["b", "abc"], vec!["", "a"]),
        ("^ab?c$", vec!["abc", "ac"], vec!["ab", "abcd", "aac", "abbc", ""]),
        ("^$", vec![""], vec!["a"]),
        ("^", vec!["", "a"], vec![]),
        ("a$", vec!["a", "ba"], vec!["ab", ""]),
        ("^(a|bc)$", vec!["a", "bc"], vec!["b", "abc", "ac"]),
        ("^(^a|b$)", vec!["a", "ac", "b"], vec!["bc", "c", ""]),
        ("a^b|c", vec!["c"], vec!["ab", "b"]),
        ("^a{2,3}$", vec!["aa", "aaa"], vec!["a", "aaaa"]),
        ("^(ab){2}$", vec!["abab"], vec!["ab", "ababab"]),
        ("^(a?){2}b$", vec!["b", "ab", "aab"], vec!["aaab"]),
        ("^(a*|b)+$", vec!["", "aab", "ba"], vec!["c", "ac"]),
        ("^[a-cx]$", vec!["a", "c", "x"], vec!["d", "w", "y", "`"]),
        ("^[^a-c]$", vec!["d", "\u{10FFFF}", "\n"], vec!["a", "b", "c", ""]),
        ("^\\u00e4$", vec!["\u{e4}"], vec!["a"]),
    ] {
        let mut all = Languages::default();
        let term = read(&mut all, pattern);
        for (texts, expected) in [(good, true), (bad, false)] {
            for text in texts {
                assert_eq!(all.accepts(term, text), expected, "{text:?} and {pattern}");
            }
        }
    }
    for beyond in ["a(?=b)", "(?!a)", "\\bword", "(a)\\1", "(^a|b)*c", "("] {
        assert_eq!(Languages::default().read(beyond), None, "{beyond}");
    }
}

#[test]
fn characters_that_a_term_does_not_tell_apart_are_tried_once() {
    let mut all = Languages::default();
    let shown = |all: &Languages, term: Term, start: bool| -> Vec<char> {
        all.alphabet(&[term], start).into_iter().filter_map(char::from_u32).collect()
    };
    // Below, the letters themselves, and above; a plain letter where there is one. Surrogates are no characters.
    let letters = read(&mut all, "^[b-d]");
    assert_eq!(shown(&all, letters, true), ['a', 'b', 'e', '\u{E000}']);
    let optional = read(&mut all, "^x?y");
    assert_eq!(shown(&all, optional, true), ['a', 'x', 'y', 'z', '\u{E000}']);
    let late = all.text("b");
    let after = all.concat(late, letters);
    assert_eq!(shown(&all, after, true), ['a', 'b', 'c', '\u{E000}'], "what cannot be next is not looked at");
    assert_eq!(shown(&all, ANYTHING, false), ['a', '\u{E000}']);
}

#[test]
fn a_long_row_of_what_may_be_left_out_is_followed() {
    let mut all = Languages::default();
    let row = read(&mut all, &format!("^{}$", "a?".repeat(500)));
    let judge = move || (all.accepts(row, "aaa"), all.accepts(row, "b"));
    let thread = std::thread::Builder::new().stack_size(192 << 10).spawn(judge).expect("a thread");
    assert_eq!(thread.join().expect("no overflow of the stack"), (true, false));
}

#[test]
fn alternatives_are_few_below_their_bound() {
    let mut all = Languages { alternatives: 1_999_998, ..Languages::default() };
    let (a, b, c) = (all.text("a"), all.text("b"), all.text("c"));
    assert!(all.is_small());
    assert_ne!(all.union(vec![a, b]), NOTHING);
    assert!(!all.is_small());
    assert_eq!(all.union(vec![a, c]), NOTHING);
}

#[test]
fn terms_that_grow_too_large_are_not_followed() {
    let mut all = Languages::default();
    let row = read(&mut all, &format!("^{}$", "a?".repeat(3_000)));
    assert!(all.is_small());
    all.accepts(row, "aaa");
    assert!(!all.is_small() && all.alternatives < 2_010_000, "{}", all.alternatives);
}
