//! A case knows what its literals settle before anything is chosen.

use crate::{
    arena::Arena,
    case::Case,
    node::{Id, Lit, Node, Scalar, Type},
};

fn atoms(arena: &mut Arena, count: u64) -> Vec<Id> {
    (0..count).map(|n| arena.place(Node::MinLength(n))).collect()
}

#[test]
fn what_contradicts_a_case_is_not_taken() {
    let mut arena = Arena::default();
    let [a, b] = atoms(&mut arena, 2)[..] else { unreachable!("two were asked for") };
    let either = arena.any(vec![a, b]);
    let both = arena.all(vec![a, b]);
    let one = arena.place(Node::ExactlyOne(vec![a, b]));
    let number = arena.place(Node::Types(vec![Type::Number]));
    for contradiction in [
        vec![Lit::yes(a), Lit::no(a)],
        vec![Lit::yes(either), Lit::no(a), Lit::no(b)],
        vec![Lit::no(both), Lit::yes(a), Lit::yes(b)],
        vec![Lit::yes(one), Lit::yes(a), Lit::yes(b)],
        vec![Lit::yes(one), Lit::no(a), Lit::no(b)],
        vec![Lit::no(one), Lit::yes(a), Lit::no(b)],
        vec![Lit::yes(number)],
    ] {
        assert!(!Case::new(Type::String).take(&mut arena, contradiction.clone()), "{contradiction:?}");
    }
    let mut numbers = Case::new(Type::Number);
    assert!(!numbers.take(&mut arena, vec![Lit::no(a)]), "what is said of strings holds of numbers");
}

#[test]
fn what_is_settled_is_no_choice() {
    let mut arena = Arena::default();
    let [a, b, c, d] = atoms(&mut arena, 4)[..] else { unreachable!("four were asked for") };
    let (c_and_d, not_a) = (arena.all(vec![c, d]), arena.not(a));
    let either = arena.any(vec![b, c_and_d]);
    let taken = |arena: &mut Arena, lits: Vec<Lit>| {
        let mut case = Case::new(Type::String);
        assert!(case.take(arena, lits));
        let mut atoms: Vec<Lit> = case.atoms().collect();
        atoms.sort_unstable();
        (atoms, case.clauses().to_vec())
    };
    // One alternative is left, so it is taken.
    let (known, left) = taken(&mut arena, vec![Lit::yes(either), Lit::no(b)]);
    assert_eq!((known, left.len()), (vec![Lit::no(b), Lit::yes(c), Lit::yes(d)], 0));
    // It holds already.
    let (known, left) = taken(&mut arena, vec![Lit::yes(either), Lit::yes(b)]);
    assert_eq!((known, left.len()), (vec![Lit::yes(b)], 0));
    let (known, left) = taken(&mut arena, vec![Lit::yes(either), Lit::yes(c), Lit::yes(d)]);
    assert_eq!((known, left.len()), (vec![Lit::yes(c), Lit::yes(d)], 0));
    // One alternative is out, deeper down.
    let (known, left) = taken(&mut arena, vec![Lit::yes(either), Lit::no(d)]);
    assert_eq!((known, left.len()), (vec![Lit::yes(b), Lit::no(d)], 0));
    let either = arena.any(vec![not_a, c]);
    let (known, left) = taken(&mut arena, vec![Lit::yes(either), Lit::yes(a)]);
    assert_eq!((known, left.len()), (vec![Lit::yes(a), Lit::yes(c)], 0));
    // Nothing settles it.
    let (known, left) = taken(&mut arena, vec![Lit::yes(either), Lit::yes(b)]);
    assert_eq!((known, left.len()), (vec![Lit::yes(b)], 1));
}

#[test]
fn lists_without_a_common_value_never_hold_together() {
    let mut arena = Arena::default();
    let list = |arena: &mut Arena, of: &[&str]| {
        arena.place(Node::Enum(of.iter().map(|text| Scalar::String((*text).to_owned())).collect()))
    };
    let (ab, bc, d) = (list(&mut arena, &["a", "b"]), list(&mut arena, &["b", "c"]), list(&mut arena, &["d"]));
    let choices = |arena: &mut Arena, of: Vec<Id>| {
        let one = arena.place(Node::ExactlyOne(of));
        let mut case = Case::new(Type::String);
        assert!(case.take(arena, vec![Lit::no(one)]));
        case.clauses().first().map_or(1, Vec::len)
    };
    assert_eq!((choices(&mut arena, vec![ab, d]), choices(&mut arena, vec![ab, bc, d])), (1, 2));
    let atom = arena.place(Node::MinLength(1));
    assert_eq!(choices(&mut arena, vec![ab, atom]), 2, "only of lists is it known");
}

/// Each level stands in both alternatives of the one above.
#[test]
fn shared_alternatives_are_not_looked_through_again_and_again() {
    let mut arena = Arena::default();
    let parts = atoms(&mut arena, 82);
    let mut node = parts[80];
    for level in 0..40 {
        let (left, right) = (arena.all(vec![node, parts[2 * level]]), arena.all(vec![node, parts[2 * level + 1]]));
        node = arena.any(vec![left, right]);
    }
    let (other, not) = (parts[81], arena.not(node));
    let choice = arena.any(vec![node, other]);
    let turned = arena.any(vec![not, other]);
    let mut case = Case::new(Type::String);
    assert!(case.take(&mut arena, vec![Lit::yes(choice), Lit::yes(turned)]));
    assert_eq!(case.clauses().len(), 2);
}

#[test]
fn what_stands_too_deep_is_left_to_the_search() {
    let mut arena = Arena::default();
    let [a, b, c, d, e] = atoms(&mut arena, 5)[..] else { unreachable!("five were asked for") };
    let seen = arena.any(vec![a, b]);
    let not_seen = arena.not(seen);
    let inner = arena.all(vec![not_seen, c]);
    let near = arena.not(inner);
    let outer = arena.all(vec![near, d]);
    let far = arena.not(outer);
    let mut choices_left = |one: Id| {
        let choice = arena.any(vec![one, e]);
        let mut case = Case::new(Type::String);
        assert!(case.take(&mut arena, vec![Lit::yes(choice), Lit::yes(a), Lit::yes(d)]));
        case.clauses().len()
    };
    assert_eq!((choices_left(near), choices_left(far)), (0, 1));
}
