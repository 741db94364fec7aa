//! What happens to people's work and to the run's, situation by situation, on a real repository.

use forgeline_engine::{Outcome, fact::Publication};
use forgeline_model::RunId;

use super::{
    fault::{Faults, Step},
    scratch::{World, page, text},
};
use crate::Runner;

const BRANCH: &str = "forgeline/docs-page/1-page";
const CONFLICT: &str = "forgeline/docs-page/1-page-conflict";

async fn publish(executor: &Runner, run: &RunId) -> Outcome {
    let view = executor.store.run(run).await.expect("the run is there");
    executor.publish_with(&view, Faults::default()).await.expect("publishes")
}

#[track_caller]
fn published(outcome: Outcome) -> Publication {
    match outcome {
        Outcome::Published(publication) => publication,
        other => panic!("{other:?}"),
    }
}

/// The first page with these lines replaced.
fn with(lines: &[(usize, &str)]) -> String {
    let first = text(None);
    let mut all: Vec<&str> = first.lines().collect();
    for (at, line) in lines {
        all[*at] = line;
    }
    all.join("\n") + "\n"
}

fn read(world: &World, at: &str) -> String {
    world.git(&["show", &format!("{at}:{}", page(0))]) + "\n"
}

/// Pull requests as `head into base: labels`, oldest first.
async fn shown(world: &World) -> Vec<String> {
    let mut all = world.forge.pull_requests(&world.repo, None, None).await.expect("lists");
    all.sort_by_key(|it| it.number);
    all.iter().map(|it| format!("{} into {}: {}", it.head, it.base, it.labels.join(" "))).collect()
}

#[tokio::test]
async fn an_edit_on_the_branch_is_merged_and_later_runs_still_know_it() {
    let world = World::new(1, 1).await;
    let executor = world.executor().await;
    let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
    published(publish(&executor, &first).await);
    world.push(BRANCH, &page(0), Some(with(&[(0, "one"), (20, "by hand")]).as_bytes()));
    for (key, mine) in [(2, "two"), (3, "three")] {
        let run = world.ready(key, 0, &world.base, with(&[(0, mine)])).await;
        let done = published(publish(&executor, &run).await);
        assert_eq!(done.conflict, None);
        assert_eq!(read(&world, BRANCH), with(&[(0, mine), (20, "by hand")]));
        assert_eq!(read(&world, &format!("{BRANCH}^2")), with(&[(0, mine)]), "what was proposed is kept as it was");
        assert_eq!(published(publish(&executor, &run).await).commit, done.commit, "a retry finds the same commit");
    }
    assert_eq!(shown(&world).await, [format!("{BRANCH} into main: forgeline")]);
}

#[tokio::test]
async fn a_proposal_that_changed_nothing_leaves_the_edit_alone() {
    for edit in [Some(with(&[(0, "mine")])), None] {
        let world = World::new(2, 1).await;
        let executor = world.executor().await;
        let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
        published(publish(&executor, &first).await);
        world.push(BRANCH, &page(0), edit.as_ref().map(String::as_bytes));
        let tip = world.git(&["rev-parse", BRANCH]);
        let again = world.ready(2, 0, &world.base, with(&[(0, "one")])).await;
        let outcome = publish(&executor, &again).await;
        assert!(matches!(outcome, Outcome::NoChange { .. }), "{outcome:?}");
        assert_eq!(world.git(&["rev-parse", BRANCH]), tip);
    }
}

#[tokio::test]
async fn both_sides_of_a_conflict_are_shown_and_the_persons_stays() {
    let not_text = [with(&[(1, "x")]).as_bytes(), b"\xff\n"].concat();
    for edit in [Some(with(&[(0, "by hand")]).into_bytes()), Some(not_text), None] {
        let world = World::new(3, 1).await;
        let executor = world.executor().await;
        let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
        published(publish(&executor, &first).await);
        world.push(BRANCH, &page(0), edit.as_deref());
        let before = world.git(&["rev-parse", &format!("{BRANCH}^{{tree}}")]);
        let second = world.ready(2, 0, &world.base, with(&[(0, "two")])).await;
        let conflict = published(publish(&executor, &second).await).conflict.expect("a conflict");
        assert_eq!((conflict.branch.as_str(), conflict.paths), (CONFLICT, vec![page(0)]));
        let changed = world.git(&["diff", "--name-only", &before, BRANCH, "--", ":!.forgeline"]);
        assert_eq!(changed, "", "the person's version stays; only a statement of where it is from is added");
        assert_eq!(read(&world, CONFLICT), with(&[(0, "two")]), "the run's version is the change");
        let labels = ["forgeline", "forgeline forgeline/conflict"];
        let expected =
            [format!("{BRANCH} into main: {}", labels[0]), format!("{CONFLICT} into {BRANCH}: {}", labels[1])];
        assert_eq!(shown(&world).await, expected);
    }
}

#[tokio::test]
async fn a_conflict_branch_on_which_a_person_works_is_left_to_them() {
    let world = World::new(4, 1).await;
    let executor = world.executor().await;
    let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
    published(publish(&executor, &first).await);
    world.push(BRANCH, &page(0), Some(with(&[(0, "by hand")]).as_bytes()));
    let mut branches = Vec::new();
    for (key, mine) in [(2, "two"), (3, "three"), (4, "four")] {
        let run = world.ready(key, 0, &world.base, with(&[(0, mine)])).await;
        let conflict = published(publish(&executor, &run).await).conflict.expect("a conflict");
        assert_eq!(read(&world, &conflict.branch), with(&[(0, mine)]));
        branches.push(conflict.branch);
        if key == 3 {
            world.push(CONFLICT, &page(0), Some(with(&[(0, "some of both")]).as_bytes()));
        }
    }
    assert_eq!(branches, [CONFLICT.to_owned(), CONFLICT.to_owned(), format!("{CONFLICT}-2")]);
    assert_eq!(read(&world, CONFLICT), with(&[(0, "some of both")]));
}

#[tokio::test]
async fn what_was_merged_into_the_base_meanwhile_is_kept() {
    let world = World::new(5, 1).await;
    let executor = world.executor().await;
    let run = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
    world.push("main", &page(0), Some(with(&[(20, "meanwhile")]).as_bytes()));
    let done = published(publish(&executor, &run).await);
    assert_eq!((done.branch.as_str(), done.conflict), (BRANCH, None));
    assert_eq!(read(&world, BRANCH), with(&[(0, "one"), (20, "meanwhile")]));
    let next = world.ready(2, 0, &world.base, with(&[(0, "two")])).await;
    published(publish(&executor, &next).await);
    assert_eq!(read(&world, BRANCH), with(&[(0, "two"), (20, "meanwhile")]), "the next run knows it too");
}

#[tokio::test]
async fn what_does_not_fit_on_a_moved_base_is_one_labelled_pull_request() {
    let world = World::new(6, 1).await;
    let executor = world.executor().await;
    let run = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
    world.push("main", &page(0), Some(with(&[(0, "meanwhile"), (20, "and this")]).as_bytes()));
    let done = published(publish(&executor, &run).await);
    assert_eq!(done.branch, CONFLICT);
    assert_eq!(read(&world, "main"), with(&[(0, "meanwhile"), (20, "and this")]), "the base is as people left it");
    assert_eq!(read(&world, CONFLICT), with(&[(0, "one")]));
    assert_eq!(shown(&world).await, [format!("{CONFLICT} into main: forgeline forgeline/conflict")]);
    assert_eq!(published(publish(&executor, &run).await).conflict, done.conflict, "a retry says the same");
}

#[tokio::test]
async fn a_merged_text_must_pass_the_gate_too() {
    let secret = format!("key AKIA{}", "ABCDEFGHIJKLMNOP");
    for (line, is_refused) in [(secret.as_str(), true), ("no key", false)] {
        let world = World::new(7, 1).await;
        let executor = world.executor().await;
        let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
        published(publish(&executor, &first).await);
        world.push(BRANCH, &page(0), Some(with(&[(0, "one"), (20, line)]).as_bytes()));
        let tip = world.git(&["rev-parse", BRANCH]);
        let second = world.ready(2, 0, &world.base, with(&[(0, "two")])).await;
        match publish(&executor, &second).await {
            Outcome::Refused { reason, .. } if is_refused => assert!(reason.contains("secrets"), "{reason}"),
            Outcome::Published(_) if !is_refused => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(world.git(&["rev-parse", BRANCH]) == tip, is_refused);
    }
}

#[tokio::test]
async fn a_publisher_that_dies_anywhere_is_replaced_by_the_next() {
    for step in Step::ALL {
        let world = World::new(8, 1).await;
        let executor = world.executor().await;
        let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
        published(publish(&executor, &first).await);
        world.push(BRANCH, &page(0), Some(with(&[(0, "by hand")]).as_bytes()));
        let run = world.ready(2, 0, &world.base, with(&[(0, "two")])).await;
        let view = executor.store.run(&run).await.expect("the run is there");
        let died = executor.publish_with(&view, Faults { dies_after: Some(step), forgets: None }).await;
        assert!(died.is_err(), "{step:?} is reached");
        let conflict = published(publish(&world.executor().await, &run).await).conflict.expect("a conflict");
        assert_eq!(read(&world, &conflict.branch), with(&[(0, "two")]), "{step:?}");
        for trailer in ["Forgeline-Run-Key", "Forgeline-Conflict"] {
            let values = world.git(&["log", "--all", &format!("--format=%(trailers:key={trailer},valueonly)")]);
            assert_eq!(values.matches(view.spec.key.as_str()).count(), 1, "{trailer} after {step:?}");
        }
        assert_eq!(shown(&world).await.len(), 2, "{step:?}");
    }
}

#[tokio::test]
async fn an_edit_is_kept_on_a_branch_that_was_merged_with_git_alone() {
    let world = World::new(9, 1).await;
    let executor = world.executor().await;
    let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
    published(publish(&executor, &first).await);
    world.push(BRANCH, &page(0), Some(with(&[(0, "one"), (20, "by hand")]).as_bytes()));
    // The pull request is open still, and the base has all that the branch has.
    world.git(&["update-ref", "refs/heads/main", BRANCH]);
    let second = world.ready(2, 0, &world.base, with(&[(0, "two")])).await;
    published(publish(&executor, &second).await);
    assert_eq!(read(&world, BRANCH), with(&[(0, "two"), (20, "by hand")]));
}

#[tokio::test]
async fn a_branch_that_shows_a_whole_proposal_shows_no_part_of_another() {
    let world = World::new(10, 1).await;
    let executor = world.executor().await;
    let first = world.ready(1, 0, &world.base, with(&[(0, "one")])).await;
    world.push("main", &page(0), Some(with(&[(0, "meanwhile")]).as_bytes()));
    published(publish(&executor, &first).await);
    let moved = world.git(&["rev-parse", "main"]);
    let second = world.ready(2, 0, &moved, with(&[(0, "two")])).await;
    assert_eq!(published(publish(&executor, &second).await).branch, BRANCH);
    world.push(BRANCH, &page(0), Some(with(&[(0, "by hand")]).as_bytes()));
    let third = world.ready(3, 0, &moved, with(&[(0, "three")])).await;
    published(publish(&executor, &third).await);
    let expected = [
        format!("{CONFLICT} into main: forgeline forgeline/conflict"),
        format!("{BRANCH} into main: forgeline"),
        format!("{CONFLICT}-2 into {BRANCH}: forgeline forgeline/conflict"),
    ];
    assert_eq!(shown(&world).await, expected);
}
