//! Webhooks of pressed buttons that are lost or come twice.

use forgeline_fake_forge::DeliveryFaults;

use super::{BAD, Place, SECRET, SHOP};
use crate::serve::server::{Server, patiently};

/// A pull request with a check of Forgeline's: its number.
fn check(place: &Place) -> u64 {
    let head = place.there.push("ana", SHOP, "change", &[BAD]);
    place.there.open_pull("ana", SHOP, "change", "main", "A contract", "");
    place.pass();
    assert_eq!(place.world.runs().len(), 1);
    let all = place.there.peek(&format!("/repos/{SHOP}/commits/{head}/check-runs"));
    all["check_runs"][0]["id"].as_u64().expect("a check")
}

#[test]
fn a_button_whose_webhook_was_lost_is_obeyed_once() {
    let place = Place::new();
    let check = check(&place);
    place.there.deliver_to("http://127.0.0.1:9/webhooks/github", SECRET);
    place.there.delivery_faults(DeliveryFaults { drop: 1.0, double: 0.0, reorder: 0.0, seed: 7 });
    place.there.press("ana", check, Some("re-run"));
    place.pass();
    assert_eq!(place.world.runs().len(), 2, "the next look obeys");
    place.there.forget_requests();
    place.pass();
    assert_eq!(place.world.runs().len(), 2, "once");
    let read = |path: &str| path.contains("/app/hook/deliveries/");
    let again = place.there.requests().iter().filter(|it| read(&it.path)).count();
    assert_eq!(again, 0, "what is known is not read again");
    // The forge sends it again after all.
    let server = Server::start(&place.world, &[], &["--poll", "1"]);
    patiently("passes", || server.look("/metrics").1.contains("forgeline_passes_total{result=\"done\"} 2"));
    assert_eq!(server.end(), 0);
    assert_eq!(place.world.runs().len(), 2);
    place.settle();
}

#[test]
fn a_server_asks_for_what_was_lost_before_it_started() {
    let place = Place::new();
    let check = check(&place);
    place.there.deliver_to("http://127.0.0.1:9/webhooks/github", SECRET);
    place.there.delivery_faults(DeliveryFaults { drop: 1.0, double: 0.0, reorder: 0.0, seed: 7 });
    place.there.press("ana", check, None);
    let server = Server::start(&place.world, &[], &["--poll", "3600"]);
    patiently("a second run", || place.world.runs().len() == 2);
    patiently("its end", || place.world.runs().iter().all(|run| run["finished"] == true));
    assert_eq!(server.end(), 0);
    place.settle();
}

#[test]
fn a_button_whose_webhook_comes_twice_is_obeyed_once() {
    let place = Place::new();
    let check = check(&place);
    let server = Server::start(&place.world, &[], &["--poll", "1"]);
    place.there.deliver_to(&server.hooks("github"), SECRET);
    place.there.delivery_faults(DeliveryFaults { drop: 0.0, double: 1.0, reorder: 0.0, seed: 7 });
    place.there.press("ana", check, Some("re-run"));
    patiently("a second run", || place.world.runs().len() == 2);
    patiently("its end", || place.world.runs().iter().all(|run| run["finished"] == true));
    assert_eq!(server.end(), 0);
    place.pass();
    assert_eq!(place.world.runs().len(), 2);
    place.settle();
}
