//! Plays the scenarios of a group at once, on one forge.
//!
//! They take turns, so that the same happens in the same order each time; when all wait for Forgeline, it looks once for
//! all of them. Afterwards it is asked again, and must have nothing to do.

use std::{
    panic::resume_unwind,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use super::{
    factory, published,
    scene::{PEOPLE, Played, SHOP, Scene},
    stage::Stage,
    table::{Group, Scenario},
    transcripts,
};

/// A scenario under way.
struct Player {
    go: Sender<()>,
    back: Receiver<()>,
    is_over: bool,
}

/// Plays a group and compares what happened with what is written down.
pub(super) fn play(stage: &dyn Stage, group: &Group) {
    let playable = |it: &&Scenario| it.needs.iter().all(|need| stage.lacks(*need).is_none());
    let scenarios: Vec<&Scenario> = group.scenarios.iter().filter(playable).collect();
    let mut played = act(stage, group, &scenarios);
    for (scenario, played) in scenarios.iter().zip(&mut played) {
        let again = played.watch.look(stage);
        assert!(again == played.seen, "`{}`: asked again, Forgeline did something twice", scenario.name);
    }
    stage.check();
    let mut wrong = Vec::new();
    for (scenario, played) in scenarios.iter().zip(&played) {
        match (scenario.gap, played.unmet.is_empty()) {
            (None, false) => {
                wrong.push(format!("`{}`: {}\n{}", scenario.name, played.unmet.join("; "), played.transcript))
            }
            (Some(_), true) => wrong.push(format!("`{}` is no gap any more; take its mark away", scenario.name)),
            (None, true) | (Some(_), false) => {}
        }
        wrong.extend(transcripts::compare(stage.name(), group, scenario, &played.transcript));
        wrong.extend(published::tell(stage, group, &played.transcript));
    }
    assert!(wrong.is_empty(), "on {}:\n\n{}", stage.name(), wrong.join("\n\n"));
}

/// What the scenarios leave.
fn act(stage: &dyn Stage, group: &Group, scenarios: &[&Scenario]) -> Vec<Played> {
    let factory = factory::files();
    let files: Vec<(&str, Option<&str>)> =
        factory.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    stage.repository(SHOP, false, &files);
    for (who, role) in PEOPLE {
        stage.role(SHOP, who, role);
    }
    stage.looks(1);
    thread::scope(|scope| {
        let mut players = Vec::new();
        let mut threads = Vec::new();
        for scenario in scenarios {
            let (go, turn) = channel();
            let (waits, back) = channel();
            let play = scenario.play;
            threads.push(thread::Builder::new().name(scenario.name.to_owned()).spawn_scoped(scope, move || {
                turn.recv().ok()?;
                let scene = Scene::new(stage, turn, waits);
                play(&scene);
                Some(scene.end())
            }));
            players.push(Player { go, back, is_over: false });
        }
        loop {
            let mut somebody_waits = false;
            for player in players.iter_mut().filter(|it| !it.is_over) {
                // A scenario that ended, well or not, is not there any more.
                player.is_over = player.go.send(()).is_err() || player.back.recv().is_err();
                somebody_waits |= !player.is_over;
            }
            if !somebody_waits {
                break;
            }
            stage.looks(group.at_once);
        }
        assert!(stage.looks(1) || stage.looks(1), "a look after the last one has nothing to do");
        drop(players);
        let join = |thread: std::io::Result<thread::ScopedJoinHandle<'_, Option<Played>>>| {
            let played = thread.expect("a thread").join().unwrap_or_else(|panic| resume_unwind(panic));
            played.expect("it had its turn")
        };
        threads.into_iter().map(join).collect()
    })
}
