//! `forgeline serve`: the bot as a server. Webhooks come in, passes look, runs are carried out beside each other.

mod admin;
mod health;
mod hints;
mod lock;
mod metrics;
mod probes;
mod process;
mod runs;
mod secrets;
mod settings;
mod sink;
mod work;

pub(super) use settings::{ADMIN, LISTEN, POLL};

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use clap::Args;
use forgeline_bot::Bot;
use forgeline_ingress::{Ingress, Limits, Source};
use forgeline_runner::Stop;
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle, time};

use self::{health::Health, metrics::Meters, secrets::Secrets, settings::Settings, work::Work};
use super::Session;
use crate::{
    app, definitions,
    exit::{Exit, Failure},
    factories,
    rehearsal::DryRun,
    signals,
};

/// How long requests, passes and runs may take to come to an end once a stop is asked for.
const DRAIN: Duration = Duration::from_secs(5);

/// Run the bot as a server: take webhooks in, look at all that is new, carry out runs beside each other.
///
/// It needs no inbound network: it also looks by itself every few seconds. SIGTERM or Ctrl-C ends it well: nothing new is
/// taken in, runs stop at their next checkpoint and go on when it is started again; a second signal ends it at once.
///
/// Example: `forgeline serve --listen 127.0.0.1:8080`
#[derive(Debug, Args)]
pub struct Serve {
    /// Address for webhooks; 127.0.0.1:8080 otherwise.
    #[arg(long, env = "FORGELINE_SERVE_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Address for health and metrics, for nobody outside; 127.0.0.1:9090 otherwise.
    #[arg(long, env = "FORGELINE_SERVE_ADMIN", value_name = "ADDR")]
    admin: Option<SocketAddr>,
    /// Seconds between looks when nothing calls; 30 otherwise.
    #[arg(long, env = "FORGELINE_SERVE_POLL", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    poll: Option<u64>,
    #[command(flatten)]
    how: DryRun,
}

impl Serve {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let settings = Settings::of(&self, &session.operator.file.config.serve)?;
        let secrets = Secrets::of(&session.operator.file.config.forges);
        let in_force = definitions::usable(definitions::load(session)?)?;
        if self.how.dry_run {
            secrets.check()?;
            let session = session.to_change(self.how).await?;
            tell(&session, &settings, settings.listen, settings.admin, &secrets);
            return Ok(Exit::Success);
        }
        let _alone = lock::take(&session.state)?;
        let stop = signals::stop(session);
        let (meters, health) = (Arc::new(Meters::new()), Arc::new(Health::new(settings.poll)));
        let escalation = session.operator.escalation(&in_force)?;
        let runner = app::open(session, in_force.registry.clone(), meters.watch()).await?.telling(escalation);
        factories::check(&runner, &in_force, true).await?;
        let bot = Bot::new(runner.clone(), in_force);
        let (public, private) = (bind(settings.listen).await?, bind(settings.admin).await?);
        let (listen, admin) = (public.local_addr()?, private.local_addr()?);
        health.say(health::AGENT_HOST, probes::agents(&runner).await);

        let wake = Arc::new(Notify::new());
        let sink = sink::Keeper::new(&runner, wake.clone(), meters.clone());
        let limits = Limits { proxies: settings.proxies.clone(), ..Limits::default() };
        let count = meters.clone();
        let observer = Arc::new(move |source: Source, answer, _| count.hook(source, answer));
        let ingress = Ingress::new(sink, secrets.reader(), observer, limits);
        let hooks = admin::measured(forgeline_ingress::router(ingress), "public", &meters);
        let looks = admin::measured(admin::router(&runner, &health, &meters, stop.clone()), "admin", &meters);
        let servers = [serve(public, hooks, stop.clone()), serve(private, looks, ended(&health))];
        let probing = tokio::spawn(probes::keep(runner.clone(), health.clone(), meters.clone()));
        tell(session, &settings, listen, admin, &secrets);

        let work = Work::new(session, runner.clone(), bot, settings.poll, wake, meters, health.clone());
        work.until(stop).await;
        let [public, private] = servers;
        // Requests that are being answered have had as long as the runs had.
        let _ = time::timeout(DRAIN, public).await;
        health.end();
        let _ = time::timeout(Duration::from_millis(500), private).await;
        probing.abort();
        runner.knowledge.end().await;
        runner.store.close().await;
        tracing::info!("ended; what is left goes on when it is started again");
        Ok(Exit::Success)
    }
}

/// Where it listens, and what it takes: the only word on stdout.
fn tell(session: &Session, settings: &Settings, listen: SocketAddr, admin: SocketAddr, secrets: &Secrets) {
    let takes: Vec<String> = secrets.sources().map(|source| format!("/webhooks/{source}")).collect();
    let document = json!({
        "listen": listen.to_string(), "admin": admin.to_string(), "poll_seconds": settings.poll.as_secs(),
        "webhooks": takes,
    });
    session.out.print("serve", &document, || {
        let takes = if takes.is_empty() {
            "no webhooks: the operator's file names no secret of one".to_owned()
        } else {
            takes.join(" and ")
        };
        format!(
            "listening on http://{listen} for {takes}\nhealth and metrics on http://{admin}\nlooking every {} s\n",
            settings.poll.as_secs()
        )
    });
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| {
        let message = format!("`{address}` cannot be listened to: {error}; name another with `--listen` or `--admin`");
        Failure::new(Exit::Infrastructure, message).into()
    })
}

/// Serves until it is stopped; requests that are being answered then are answered.
fn serve(listener: TcpListener, router: Router, mut stop: Stop) -> JoinHandle<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move {
        if stop.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
            tracing::error!("the server ended: {error}");
        }
    })
}

/// Health can be asked for until everything else has ended.
fn ended(health: &Health) -> Stop {
    health.ended()
}
