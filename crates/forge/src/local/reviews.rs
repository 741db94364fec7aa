//! Reviews: threads on lines of pull requests, and what people say of the whole.

use forgeline_model::{SafePath, Timestamp};
use forgeline_repo::{CommitId, Repo};
use forgeline_store::local_forge::{CommentRow, ItemRow, ThreadRow};
use serde::Serialize;

use super::{
    LocalForge,
    comments::{Stands, insert},
    pull_requests::PULL_REQUEST,
    rows,
    scope::Verb,
    text,
};
use crate::{
    ForgeError,
    remote::OwnCheck,
    types::{
        Comment, Feedback, Login, RepoId, ReviewThread, ReviewVerdict, Role, Side, SubmittedReview, ThreadComment,
    },
};

/// Most bytes of the lines that a thread quotes.
const MOST_QUOTE: usize = 4_000;

/// What a new thread is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewThread {
    /// The file.
    pub path: String,
    /// The last line, from 1; none for the whole file.
    pub line: Option<u32>,
    /// The first line, if there are several.
    pub start_line: Option<u32>,
    /// Which side of the difference.
    pub side: Side,
}

/// What Forgeline answers in a thread, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadAnswer {
    /// The thread, by the number of the forge that keeps it.
    pub thread: u64,
    /// By which the answer is found again.
    pub key: String,
    /// Markdown.
    pub body: String,
}

/// Lines of a file, and where they were.
pub(super) struct Place {
    pub(super) commit: Option<CommitId>,
    pub(super) path: String,
    pub(super) start_line: Option<u32>,
    pub(super) line: Option<u32>,
}

impl LocalForge {
    /// Starts a thread on lines of an open pull request, at its head.
    ///
    /// # Errors
    /// There is no such pull request, file or line, the text is refused, or `actor` may not look at the repository.
    pub async fn add_thread(
        &self,
        repo: &RepoId,
        number: u64,
        about: &NewThread,
        body: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<ReviewThread, ForgeError> {
        let body = words(body)?;
        let pull = self.pull_request(repo, number).await?;
        let commit = if about.side == Side::New { Some(pull.head_commit) } else { pull.base_commit };
        let place = Place { commit, path: about.path.clone(), start_line: about.start_line, line: about.line };
        let quote = self.with_git(repo, move |git| must_be_there(git, &place)).await?;
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Guest, "comment").await?;
        let item = verb.view.item(number, Some(PULL_REQUEST)).await?;
        let mut row = ThreadRow {
            id: 0,
            number: item.number,
            path: about.path.clone(),
            line: about.line.map(i64::from),
            start_line: about.start_line.map(i64::from),
            side: about.side.to_string(),
            commit_oid: pull.head_commit.to_string(),
            resolved_by: None,
        };
        row.id = verb.view.tx.insert_thread(verb.view.row.id, &row).await?;
        let stands = Stands { thread: Some(row.id), ..Stands::default() };
        let comment = insert(&mut verb, number, body, stands).await?;
        verb.commit().await?;
        thread(&row, vec![said(comment)], quote, false)
    }

    /// Says something in a thread.
    ///
    /// # Errors
    /// There is no such thread, the text is refused, or `actor` may not look at the repository.
    pub async fn reply_in_thread(
        &self,
        repo: &RepoId,
        number: u64,
        thread: u64,
        body: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<Comment, ForgeError> {
        let body = words(body)?;
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Guest, "comment").await?;
        let row = thread_row(&mut verb, number, thread).await?;
        let comment = insert(&mut verb, number, body, Stands { thread: Some(row.id), ..Stands::default() }).await?;
        verb.commit().await?;
        Ok(comment)
    }

    /// Says that a thread is settled, or that it is not.
    ///
    /// # Errors
    /// There is no such thread, or `actor` neither started it, nor opened the pull request, nor is an editor.
    pub async fn set_thread_resolved(
        &self,
        repo: &RepoId,
        number: u64,
        thread: u64,
        resolved: bool,
        actor: &Login,
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let mut verb = self.verb(repo, actor, at).await?;
        let item = verb.view.item(number, Some(PULL_REQUEST)).await?;
        let row = thread_row(&mut verb, number, thread).await?;
        let all = verb.view.tx.review_comments(verb.view.row.id, item.number).await?;
        let started = all.iter().find(|it| it.thread == Some(row.id));
        if !started.is_some_and(|it| it.author.eq_ignore_ascii_case(actor.as_str())) {
            verb.require_author_or_editor(&item, "resolve this thread").await?;
        }
        verb.view.tx.set_resolved(row.id, resolved.then_some(actor.as_str())).await?;
        verb.commit().await
    }

    /// Submits a review of an open pull request.
    ///
    /// # Errors
    /// There is no such pull request, it is the reviewer's own and the review is more than a comment, it says nothing, or
    /// `actor` may not look at the repository.
    pub async fn submit_review(
        &self,
        repo: &RepoId,
        number: u64,
        verdict: ReviewVerdict,
        body: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<SubmittedReview, ForgeError> {
        let body = text::body(body)?;
        let refuse = |reason: &str| Err(ForgeError::Invalid { what: "the review", reason: reason.to_owned() });
        if verdict != ReviewVerdict::Approved && body.trim().is_empty() {
            return refuse("it says nothing; write what is to be changed");
        }
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Guest, "review").await?;
        let item: ItemRow = verb.view.item(number, Some(PULL_REQUEST)).await?;
        if verdict != ReviewVerdict::Commented && item.author.eq_ignore_ascii_case(actor.as_str()) {
            return refuse("nobody approves or refuses their own pull request; comment on it");
        }
        let stands = Stands { verdict: Some(verdict), ..Stands::default() };
        let comment = insert(&mut verb, number, body, stands).await?;
        verb.commit().await?;
        let Comment { id, author, body, created_at, .. } = comment;
        Ok(SubmittedReview { id, author, verdict, body, submitted_at: created_at })
    }

    /// What all reviewers of a pull request said so far, with what is settled.
    ///
    /// # Errors
    /// There is no such pull request, or the forge that keeps it cannot be read.
    pub async fn feedback(&self, repo: &RepoId, number: u64) -> Result<Feedback, ForgeError> {
        let pull = self.pull_request(repo, number).await?;
        if let Some(there) = self.connected(&self.view(repo).await?)? {
            return self.feedback_there(&there, repo, number, (pull.base_commit, pull.head_commit)).await;
        }
        let mut view = self.view(repo).await?;
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let threads = view.tx.threads(view.row.id, number).await?;
        let comments = view.tx.review_comments(view.row.id, number).await?;
        drop(view);
        let then = |row: &ThreadRow| {
            if row.side == Side::Old.as_str() { pull.base_commit } else { row.commit_oid.parse().ok() }
        };
        let now =
            |row: &ThreadRow| if row.side == Side::Old.as_str() { pull.base_commit } else { Some(pull.head_commit) };
        let quotes = self.quotes(repo, threads.iter().map(|row| place(row, then(row))).collect()).await?;
        let today = self.quotes(repo, threads.iter().map(|row| place(row, now(row))).collect()).await?;
        let mut feedback = Feedback::default();
        for ((row, quote), today) in threads.iter().zip(quotes).zip(today) {
            let own = comments.iter().filter(|comment| comment.thread == Some(row.id));
            let own = own.map(|it| Ok(said(rows::comment(it.clone())?))).collect::<Result<_, ForgeError>>()?;
            let is_outdated = quote != today;
            feedback.threads.push(thread(row, own, quote, is_outdated)?);
        }
        for row in comments {
            let Some(verdict) = row.verdict.clone() else { continue };
            feedback.reviews.push(review(row, &verdict)?);
        }
        Ok(feedback)
    }

    /// Asks people, and teams written `organization/team`, to review a pull request. Those that the forge does not take come
    /// back. The forge here asks nobody, and knows no teams.
    ///
    /// # Errors
    /// There is no such pull request, or the forge that keeps it failed.
    pub async fn request_reviewers(
        &self,
        repo: &RepoId,
        number: u64,
        names: &[String],
    ) -> Result<Vec<String>, ForgeError> {
        if let Some(there) = self.authority(repo).await? {
            return Ok(there.request_reviewers(repo, number, names).await?);
        }
        let mut view = self.view(repo).await?;
        view.item(number, Some(PULL_REQUEST)).await?;
        let mut unknown = Vec::new();
        for name in names {
            if view.tx.user(name).await?.is_none() {
                unknown.push(name.clone());
            }
        }
        Ok(unknown)
    }

    /// The check with this number on the forge that keeps the repository, if Forgeline put it there.
    ///
    /// # Errors
    /// There is no such repository, or the forge that keeps it failed.
    pub async fn own_check(&self, repo: &RepoId, id: u64) -> Result<Option<OwnCheck>, ForgeError> {
        match self.connected(&self.view(repo).await?)? {
            Some(there) => Ok(there.own_check(repo, id).await?),
            None => Ok(None),
        }
    }

    /// Whether this login is that of the account with this number now.
    ///
    /// # Errors
    /// There is no such repository, or the forge that keeps it failed.
    pub async fn is_account(&self, repo: &RepoId, login: &str, id: u64) -> Result<bool, ForgeError> {
        match self.connected(&self.view(repo).await?)? {
            Some(there) => Ok(there.account_id(repo, login).await? == Some(id)),
            None => Ok(false),
        }
    }

    /// The lines at these places; empty where nothing can be read.
    pub(super) async fn quotes(&self, repo: &RepoId, places: Vec<Place>) -> Result<Vec<String>, ForgeError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let read = move |git: &Repo| Ok::<_, ForgeError>(places.iter().map(|it| quote(git, it)).collect());
        self.with_git(repo, read).await
    }

    /// Answers in threads of a pull request, in each once. A thread that is gone is left out.
    ///
    /// # Errors
    /// There is no such pull request, or the forge that keeps it failed: what was not answered is answered the next time.
    pub async fn answer_threads(
        &self,
        repo: &RepoId,
        number: u64,
        answers: &[ThreadAnswer],
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        if answers.is_empty() {
            return Ok(());
        }
        if let Some(there) = self.authority(repo).await? {
            return self.answer_threads_there(&there, repo, number, answers, at).await;
        }
        for answer in answers {
            self.upsert_comment_in(repo, number, Some(answer.thread), &answer.key, &answer.body, at).await?;
        }
        Ok(())
    }
}

fn words(body: &str) -> Result<String, ForgeError> {
    let body = text::body(body)?;
    if body.trim().is_empty() {
        return Err(ForgeError::Invalid { what: "the comment", reason: "it is empty".to_owned() });
    }
    Ok(body)
}

async fn thread_row(verb: &mut Verb, number: u64, thread: u64) -> Result<ThreadRow, ForgeError> {
    let item = verb.view.item(number, Some(PULL_REQUEST)).await?;
    let all = verb.view.tx.threads(verb.view.row.id, item.number).await?;
    let known: Vec<String> = all.iter().map(|row| row.id.to_string()).collect();
    all.into_iter().find(|row| u64::try_from(row.id) == Ok(thread)).ok_or_else(|| {
        let there = if known.is_empty() { "it has none".to_owned() } else { format!("there is {}", known.join(", ")) };
        ForgeError::Invalid {
            what: "the thread",
            reason: format!("pull request {number} has no thread {thread}; {there}"),
        }
    })
}

fn place(row: &ThreadRow, commit: Option<CommitId>) -> Place {
    let line = |line: Option<i64>| line.and_then(|line| u32::try_from(line).ok());
    Place { commit, path: row.path.clone(), start_line: line(row.start_line), line: line(row.line) }
}

fn said(comment: Comment) -> ThreadComment {
    let Comment { id, author, body, created_at, .. } = comment;
    ThreadComment { id, author, body, created_at }
}

fn thread(
    row: &ThreadRow,
    comments: Vec<ThreadComment>,
    quote: String,
    outdated: bool,
) -> Result<ReviewThread, ForgeError> {
    let Place { path, start_line, line, .. } = place(row, None);
    Ok(ReviewThread {
        id: rows::number(row.id),
        path,
        line,
        start_line,
        side: rows::word("side", &row.side)?,
        commit: row.commit_oid.clone(),
        quote,
        resolved: row.resolved_by.is_some(),
        outdated,
        comments,
    })
}

fn review(row: CommentRow, verdict: &str) -> Result<SubmittedReview, ForgeError> {
    let verdict = rows::word("review verdict", verdict)?;
    let Comment { id, author, body, created_at, .. } = rows::comment(row)?;
    Ok(SubmittedReview { id, author, verdict, body, submitted_at: created_at })
}

/// The lines at a place, or why there are none.
fn must_be_there(git: &Repo, place: &Place) -> Result<String, ForgeError> {
    let refuse = |reason: String| ForgeError::Invalid { what: "the place", reason };
    let path: SafePath = place.path.parse().map_err(|error| refuse(format!("`{}`: {error}", place.path)))?;
    let Some(commit) = place.commit else { return Err(refuse("the pull request has no such side".to_owned())) };
    let Some(bytes) = git.read_file(commit, path.as_str())? else {
        return Err(refuse(format!(
            "there is no file `{path}` on that side; `forgeline local pr show` lists the files"
        )));
    };
    let lines = String::from_utf8_lossy(&bytes).lines().count();
    let first = place.start_line.or(place.line).unwrap_or(1);
    let last = place.line.unwrap_or(1);
    if first == 0 || first > last || (place.line.is_some() && last as usize > lines) {
        return Err(refuse(format!("`{path}` has lines 1 to {lines}")));
    }
    Ok(quote(git, place))
}

/// The lines at a place; empty when they cannot be read.
fn quote(git: &Repo, place: &Place) -> String {
    let (Some(commit), Some(last)) = (place.commit, place.line) else { return String::new() };
    let Ok(Some(bytes)) = git.read_file(commit, &place.path) else { return String::new() };
    let first = place.start_line.unwrap_or(last).clamp(1, last.max(1));
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().skip(first as usize - 1).take((last - first) as usize + 1).collect();
    let mut quote = lines.join("\n");
    quote.truncate(quote.floor_char_boundary(MOST_QUOTE));
    quote
}

#[cfg(test)]
mod tests {
    use super::{NewThread, ThreadAnswer};
    use crate::{
        local::scratch::{World, login, proposal},
        types::{ReviewVerdict, Side},
    };

    fn on(path: &str, line: u32) -> NewThread {
        NewThread { path: path.into(), line: Some(line), start_line: None, side: Side::New }
    }

    #[tokio::test]
    async fn people_talk_on_lines_and_settle_what_they_may() {
        let world = World::new().await;
        let (forge, repo, eve, acme) = (&world.forge, &world.repo, login("eve"), login("acme"));
        world.push("x", &[("a.md", "one\ntwo\n")], &[]).await;
        forge.upsert_pull_request(repo, &proposal("x"), &acme, world.now()).await.expect("opens");
        for (about, wrong) in
            [(on("b.md", 1), "no file `b.md`"), (on("a.md", 3), "lines 1 to 2"), (on("../a", 1), "`../a`")]
        {
            let error = forge.add_thread(repo, 1, &about, "Why?", &eve, world.now()).await.expect_err(wrong);
            assert!(error.to_string().contains(wrong), "{error}");
        }
        let thread = forge.add_thread(repo, 1, &on("a.md", 2), "Why?", &eve, world.now()).await.expect("says");
        assert_eq!((thread.quote.as_str(), thread.resolved, thread.outdated), ("two", false, false));
        forge.reply_in_thread(repo, 1, thread.id, "Because.", &acme, world.now()).await.expect("says");
        let missing = forge.reply_in_thread(repo, 1, 99, "x", &acme, world.now()).await.expect_err("no thread");
        assert!(missing.to_string().contains("no thread 99; there is 1"), "{missing}");
        assert!(forge.comments(repo, 1).await.expect("reads").is_empty(), "the conversation is another place");
        let told = world.events().await;
        let last = told.last().expect("told");
        assert_eq!((last.kind.as_str(), last.payload["thread"].as_u64()), ("comment_created", Some(thread.id)));

        let answer = ThreadAnswer { thread: thread.id, key: "thread:1:run".into(), body: "Met.".into() };
        for _ in 0..2 {
            forge.answer_threads(repo, 1, std::slice::from_ref(&answer), world.now()).await.expect("answers");
        }
        world.push("x", &[("a.md", "one\nthree\n")], &[]).await;
        let now = forge.feedback(repo, 1).await.expect("reads").threads.remove(0);
        let said: Vec<_> = now.comments.iter().map(|it| it.author.as_str()).collect();
        assert_eq!((said, now.outdated), (vec!["eve", "acme", crate::BOT], true));

        forge.add_user(&login("gus"), world.now()).await.expect("adds");
        let settle = async |who: &str, resolved| {
            forge.set_thread_resolved(repo, 1, thread.id, resolved, &login(who), world.now()).await
        };
        assert!(settle("gus", true).await.is_err());
        settle("eve", true).await.expect("her own");
        assert!(forge.feedback(repo, 1).await.expect("reads").threads[0].resolved);
        settle("acme", false).await.expect("an admin");
        assert!(!forge.feedback(repo, 1).await.expect("reads").threads[0].resolved);
    }

    #[tokio::test]
    async fn a_review_says_something_and_nobody_approves_their_own() {
        let world = World::new().await;
        let (forge, repo, eve, acme) = (&world.forge, &world.repo, login("eve"), login("acme"));
        world.push("x", &[("a.md", "one\n")], &[]).await;
        forge.upsert_pull_request(repo, &proposal("x"), &acme, world.now()).await.expect("opens");
        let submit = async |who, verdict, body| forge.submit_review(repo, 1, verdict, body, who, world.now()).await;
        assert!(submit(&acme, ReviewVerdict::Approved, "").await.is_err());
        assert!(submit(&eve, ReviewVerdict::ChangesRequested, " ").await.is_err());
        submit(&eve, ReviewVerdict::ChangesRequested, "Shorter.").await.expect("asks");
        let feedback = forge.feedback(repo, 1).await.expect("reads");
        assert_eq!(feedback.requested_changes().map(|it| it.body.as_str()).collect::<Vec<_>>(), ["Shorter."]);
        submit(&eve, ReviewVerdict::Approved, "").await.expect("approves");
        assert_eq!(forge.feedback(repo, 1).await.expect("reads").requested_changes().count(), 0);
    }
}
