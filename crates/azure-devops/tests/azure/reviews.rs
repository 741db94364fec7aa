//! Threads on files, answers in them, and who is asked to review.

use forgeline_forge::{
    marker,
    remote::{CommentPlace, Remote, Trouble},
    types::Side,
};

use super::place::{ME, Place, SHOP, shop};

#[tokio::test(flavor = "multi_thread")]
async fn threads_on_files_are_read_with_what_is_settled_and_answered() {
    let place = Place::new();
    place.there.push("ana", SHOP, "fix", &[("a.md", "one\ntwo\n")]);
    let number = place.there.open_pull("ana", SHOP, "fix", "main", "Mend it", "");
    let pull = place.pull(number);
    place.there.comment("ben", SHOP, number, "In general");
    let first = place.there.comment_line("ben", SHOP, number, "a.md", 2, "Why?");
    let second = place.there.comment_line("ben", SHOP, number, "a.md", 1, "How?");
    place.there.resolve(second, true);
    let feedback = place.azure.feedback(&shop(), pull).await.expect("it is read");
    let told: Vec<_> =
        feedback.threads.iter().map(|it| (it.id, it.path.as_str(), it.line, it.side, it.resolved)).collect();
    assert_eq!(told, [(first, "a.md", Some(2), Side::New, false), (second, "a.md", Some(1), Side::New, true)]);
    assert_eq!(feedback.threads[0].comments[0].author, place.login("ben"));

    let body = marker::append("**Met.**", "thread:1:2");
    let made = place.azure.reply_in_thread(&shop(), pull, first, &body).await.expect("it is written");
    assert_eq!((made.place, made.author.as_str()), (CommentPlace::Thread(first), &*place.login(ME)));
    let all = place.azure.thread_comments(&shop(), pull).await.expect("they are read");
    let again = all.iter().find(|it| it.id == made.id).expect("the answer");
    assert_eq!((again.place, marker::key(&again.body)), (CommentPlace::Thread(first), Some("thread:1:2")));
    assert_eq!(all.iter().filter(|it| it.place == CommentPlace::Conversation).count(), 1);
    let edited = place.azure.edit_comment(&shop(), pull, made.id, "**Changed.**").await.expect("it is edited");
    assert_eq!((edited.id, edited.body.as_str()), (made.id, "**Changed.**"));
    let gone = place.azure.reply_in_thread(&shop(), pull, 999_999, "x").await.expect_err("there is none");
    assert!(matches!(gone.trouble, Trouble::Missing(_)), "{gone}");
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_asked_to_review_and_others_come_back() {
    let place = Place::new();
    place.there.push("ana", SHOP, "fix", &[("a.md", "one\n")]);
    let number = place.there.open_pull("ana", SHOP, "fix", "main", "Mend it", "");
    place.there.comment("ben", SHOP, number, "I am here");
    let names = [place.login("ben"), "nobody-123456".to_owned(), "acme/docs".to_owned()];
    let unknown = place.azure.request_reviewers(&shop(), place.pull(number), &names).await.expect("asked");
    assert_eq!(unknown, names[1..]);
    let pull = place.there.peek(&format!("/repos/{SHOP}/pulls/{number}/requested_reviewers"));
    assert_eq!(pull["users"][0]["login"], "ben", "{pull}");
    place.settle();
}
