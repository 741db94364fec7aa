//! A fake organization, and the adapter as a member of it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use forgeline_azure_devops::{Auth, AzureDevOps, Clock, Config, SecretSource};
use forgeline_fake_forge::{FakeForge, Level, Start};
use forgeline_forge::types::RepoId;
use forgeline_model::{Secret, Timestamp};

/// 2023-11-14T22:13:20Z.
pub(crate) const START: i64 = 1_700_000_000_000;
pub(crate) const SHOP: &str = "acme/shop";
pub(crate) const ME: &str = "forgeline-bot";

pub(crate) fn shop() -> RepoId {
    SHOP.parse().expect("a name")
}

pub(crate) fn secret(text: &str) -> SecretSource {
    let text = text.to_owned();
    SecretSource::new(move || Ok(Secret::new(text.clone())))
}

/// Time that passes only when somebody waits.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub(crate) fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn passed(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - START
    }
}

#[async_trait]
impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, millis: u64) {
        self.advance(i64::try_from(millis).expect("a short wait"));
        tokio::task::yield_now().await;
    }
}

pub(crate) struct Place {
    pub(crate) there: FakeForge,
    pub(crate) azure: AzureDevOps,
    pub(crate) time: Time,
}

impl Place {
    pub(crate) fn new() -> Self {
        let there = FakeForge::start_with(Start { port: 0, at: Some(START) }).expect("it starts");
        there.repository(SHOP, true);
        for (who, level) in
            [("ana", Level::Write), ("ben", Level::Maintain), ("rea", Level::Read), ("adi", Level::Admin)]
        {
            there.grant(who, SHOP, level);
        }
        there.grant(ME, SHOP, Level::Write);
        there.push("ana", SHOP, "main", &[("README.md", "# Shop\n")]);
        let token = secret(&there.token_for(ME));
        let time = Time::new();
        let azure = adapter(&there, Auth::Token(token), &time);
        Self { there, azure, time }
    }

    /// Somebody's login as the adapter makes it.
    pub(crate) fn login(&self, who: &str) -> String {
        format!("{who}-{}", &self.there.azure_identity(who)[..6])
    }

    /// A pull request's number in the mirror.
    pub(crate) fn pull(&self, number: u64) -> u64 {
        1_000_000_000 + self.there.azure_id(SHOP, number)
    }

    #[track_caller]
    pub(crate) fn settle(&self) {
        assert_eq!(self.there.problems(), Vec::<String>::new());
    }
}

pub(crate) fn adapter(there: &FakeForge, auth: Auth, time: &Time) -> AzureDevOps {
    let config = Config { base_url: Some(there.azure_url()), ..Config::new(FakeForge::ORGANIZATION, auth) };
    AzureDevOps::new(config, Arc::new(time.clone())).expect("settings that work")
}
