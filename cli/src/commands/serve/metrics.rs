//! Counts and times of the server, as Prometheus reads them.
//!
//! What flows is counted from the start of the process; what waits and what is used is looked up when somebody asks.
//! `docs/serve.md` lists all names, and `docs/alerts/forgeline.rules.yml` what is made of them.

mod flow;

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU64},
    },
    time::Duration,
};

use forgeline_ingress::{Answer, Source};
use forgeline_model::Timestamp;
use forgeline_store::Waits;
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};

use super::{
    health::{Health, State},
    process::Use,
};

pub(super) use flow::Flow;

/// Names and values.
type Labels = Vec<(&'static str, String)>;
type Real = Gauge<f64, AtomicU64>;
type Whole = Gauge<i64, AtomicI64>;
type Times = Family<Labels, Histogram>;

/// Seconds of requests: the alert's 0.3 s is a bound.
const REQUESTS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds of work.
const WORK: [f64; 14] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0];

/// Everything that is counted.
pub(super) struct Meters {
    registry: Registry,
    flow: Flow,
    uptime: Real,
    requests: Times,
    hooks: Family<Labels, Counter>,
    consumption: Times,
    passes: Family<Labels, Counter>,
    pass: Histogram,
    errors: Family<Labels, Counter>,
    queue: Family<Labels, Gauge>,
    agent_queue: Family<Labels, Gauge>,
    pools: Mutex<Vec<String>>,
    oldest_hook: Real,
    under_way: Gauge,
    up: Family<Labels, Gauge>,
    cpu: Counter<f64, AtomicU64>,
    children: Counter<f64, AtomicU64>,
    rss: Gauge,
    files: Gauge,
    free: Gauge,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meters")
    }
}

/// Makes a metric known under a name.
fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

fn times(bounds: fn() -> Histogram) -> Times {
    Family::new_with_constructor(bounds)
}

impl Meters {
    /// All at nothing.
    pub(super) fn new() -> Self {
        let mut all = Registry::default();
        let r = &mut all;
        let build = add(r, "forgeline_build_info", "Version of this process", Family::<Labels, Gauge>::default());
        build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1);
        let cpus = add(r, "forgeline_cpus", "Processors that this process may use", Whole::default());
        let here = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        cpus.set(i64::try_from(here).unwrap_or(1));
        Self {
            flow: Flow::new(r),
            uptime: add(r, "forgeline_uptime_seconds", "Since the process was started", Real::default()),
            requests: add(
                r,
                "forgeline_http_request_duration_seconds",
                "Answering a request (API latency)",
                times(|| Histogram::new(REQUESTS)),
            ),
            hooks: add(r, "forgeline_hooks", "Webhooks by what they were answered", Family::default()),
            consumption: add(
                r,
                "forgeline_event_consumption_seconds",
                "From the arrival of an event to the end of the pass that dealt with it",
                times(|| Histogram::new(WORK)),
            ),
            passes: add(r, "forgeline_passes", "Looks at all that is new, by how they ended", Family::default()),
            pass: add(r, "forgeline_pass_duration_seconds", "A look at all that is new", Histogram::new(WORK)),
            errors: add(r, "forgeline_errors", "Failures of the server itself, by place", Family::default()),
            queue: add(r, "forgeline_queue_length", "What waits, by queue", Family::default()),
            agent_queue: add(
                r,
                "forgeline_agent_queue_length",
                "Tasks that wait for a worker, by pool",
                Family::default(),
            ),
            pools: Mutex::default(),
            oldest_hook: add(
                r,
                "forgeline_oldest_hook_age_seconds",
                "Age of the oldest webhook that no pass has looked into; 0 when none waits",
                Real::default(),
            ),
            under_way: add(r, "forgeline_runs_under_way", "Runs that have not ended", Gauge::default()),
            up: add(r, "forgeline_component_up", "1 for a part that works or is not installed", Family::default()),
            cpu: add(r, "forgeline_process_cpu_seconds", "Processor time of this process", Counter::default()),
            children: add(
                r,
                "forgeline_children_cpu_seconds",
                "Processor time of agents and tools that have ended",
                Counter::default(),
            ),
            rss: add(r, "forgeline_process_resident_memory_bytes", "Memory of this process", Gauge::default()),
            files: add(r, "forgeline_process_open_files", "Open files of this process", Gauge::default()),
            free: add(r, "forgeline_disk_free_bytes", "Free space where state lies", Gauge::default()),
            registry: all,
        }
    }

    /// What runs do.
    pub(super) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// A webhook was answered.
    pub(super) fn hook(&self, source: Source, answer: Answer) {
        let labels = vec![("source", source.name().to_owned()), ("answer", answer.word().to_owned())];
        self.hooks.get_or_create(&labels).inc();
    }

    /// A request was answered.
    pub(super) fn request(&self, listener: &'static str, route: String, status: u16, took: Duration) {
        let labels = vec![("listener", listener.to_owned()), ("route", route), ("status", status.to_string())];
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A pass ended that had dealt with an event from this source which came in so long ago.
    pub(super) fn consumed(&self, source: &str, after: Duration) {
        self.consumption.get_or_create(&vec![("source", source.to_owned())]).observe(after.as_secs_f64());
    }

    /// A pass ended.
    pub(super) fn passed(&self, is_good: bool, took: Duration) {
        let result = if is_good { "done" } else { "failed" };
        self.passes.get_or_create(&vec![("result", result.to_owned())]).inc();
        self.pass.observe(took.as_secs_f64());
    }

    /// Something of the server itself failed.
    pub(super) fn error(&self, place: &'static str) {
        self.errors.get_or_create(&vec![("place", place.to_owned())]).inc();
    }

    /// What waits now.
    pub(super) fn waits(&self, waits: &Waits, now: Timestamp) {
        let set = |queue: &'static str, n: u64| {
            self.queue.get_or_create(&vec![("queue", queue.to_owned())]).set(i64::try_from(n).unwrap_or(i64::MAX));
        };
        set("hooks", waits.hooks);
        set("deliveries", waits.deliveries);
        set("tasks", waits.tasks.iter().map(|(_, n)| n).sum());
        set("running", waits.running);
        set("effects", waits.effects);
        set("notices", waits.notices);
        set("dead_letters", waits.letters);
        self.under_way.set(i64::try_from(waits.runs).unwrap_or(i64::MAX));
        #[expect(clippy::cast_precision_loss, reason = "an age in milliseconds is far below 2^52")]
        self.oldest_hook.set(waits.oldest_hook.map_or(0.0, |at| now.millis_since(at) as f64 / 1_000.0));
        // A pool that was there stays, empty: a line that ends says nothing.
        let mut pools = self.pools.lock().expect("no panic while held");
        pools.extend(waits.tasks.iter().map(|(pool, _)| pool.clone()));
        pools.push("default".to_owned());
        pools.sort();
        pools.dedup();
        for pool in &*pools {
            let n = waits.tasks.iter().find(|(name, _)| name == pool).map_or(0, |(_, n)| *n);
            let gauge = self.agent_queue.get_or_create(&vec![("pool", pool.clone())]);
            gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
        }
    }

    /// What is used now, and how the parts are.
    pub(super) fn process(&self, used: Use, free: Option<u64>, health: &Health) {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.uptime.set(health.uptime().as_secs_f64());
        for (counter, now) in [(&self.cpu, used.cpu), (&self.children, used.children)] {
            counter.inc_by((now - counter.get()).max(0.0));
        }
        self.rss.set(whole(used.rss));
        self.files.set(whole(used.files));
        if let Some(free) = free {
            self.free.set(whole(free));
        }
        for (part, state) in health.parts() {
            let gauge = self.up.get_or_create(&vec![("component", part.to_owned())]);
            gauge.set(i64::from(state != State::Unhealthy));
        }
    }

    /// All of it, in OpenMetrics' text form.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if text::encode(&mut text, &self.registry).is_err() {
            tracing::error!("the metrics cannot be written");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path, time::Duration};

    use forgeline_ingress::{Answer, Source};
    use forgeline_model::Timestamp;
    use forgeline_store::Waits;

    use super::{Meters, flow::tests::a_little_of_everything};
    use crate::commands::serve::{health::Health, process};

    fn filled() -> String {
        let meters = Meters::new();
        meters.hook(Source::GitHub, Answer::Stored);
        meters.request("public", "/webhooks/github".into(), 202, Duration::from_millis(2));
        meters.consumed("github", Duration::from_millis(80));
        meters.passed(true, Duration::from_millis(7));
        meters.error("store");
        let waits = Waits {
            hooks: 3,
            tasks: vec![("gpu".into(), 2)],
            oldest_hook: Some(Timestamp::from_millis(1_000)),
            ..Waits::default()
        };
        meters.waits(&waits, Timestamp::from_millis(3_500));
        meters.waits(&Waits { tasks: Vec::new(), ..waits }, Timestamp::from_millis(3_500));
        meters.process(process::now(), Some(1), &Health::new(Duration::from_secs(30)));
        a_little_of_everything(meters.flow());
        meters.text()
    }

    #[test]
    fn what_is_counted_is_told() {
        let text = filled();
        for line in [
            "forgeline_hooks_total{source=\"github\",answer=\"stored\"} 1",
            "forgeline_queue_length{queue=\"hooks\"} 3",
            "forgeline_agent_queue_length{pool=\"gpu\"} 0",
            "forgeline_oldest_hook_age_seconds 2.5",
            "forgeline_component_up{component=\"orchestrator\"} 1",
            "forgeline_http_request_duration_seconds_bucket{le=\"0.3\",listener=\"public\",route=\"/webhooks/github\",status=\"202\"} 1",
            "forgeline_task_failures_total{agent=\"writer@1.0.0\",kind=\"validation\"} 1",
            "forgeline_runs_ended_total{blueprint=\"docs-page@1.0.0\",outcome=\"no-change\"} 1",
        ] {
            assert!(text.lines().any(|it| it == line), "`{line}` is not in:\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    /// Words of a text that name a metric.
    fn names(text: &str) -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
        words.filter(|word| word.starts_with("forgeline_")).map(str::to_owned).collect()
    }

    #[test]
    fn every_name_in_the_rules_and_in_the_documentation_is_served() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let text = filled();
        let served: BTreeSet<String> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(names)
            .filter(|it| it != "forgeline_")
            .collect();
        let read = |file: &str| std::fs::read_to_string(docs.join(file)).expect(file);
        let rules: BTreeSet<String> = read("alerts/forgeline.rules.yml")
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(names)
            .collect();
        assert!(rules.len() >= 10, "{rules:?}");
        let strange: Vec<_> = rules.iter().filter(|name| !served.contains(*name)).collect();
        assert!(strange.is_empty(), "the rules name {strange:?}; served are {served:#?}");
        // The documentation names each once, without the endings of histograms.
        let told = names(&read("serve.md"));
        let bare = |name: &String| {
            let ends = ["_bucket", "_sum", "_count"];
            ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
        };
        let served: BTreeSet<String> = served.iter().map(bare).collect();
        assert_eq!(told, served, "docs/serve.md lists what is served");
    }
}
