//! The event log, and how far each subscription has read it.

use forgeline_model::{Criticality, Digest, Event, RunId, Timestamp};
use sqlx::SqliteConnection;

use crate::{DeadLetter, Decision, Store, StoreError, Subject, batch::Batch, run_tx::json};

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Place in the log.
    pub seq: i64,
    /// The run that told it, if one did.
    pub run: Option<String>,
    /// The event.
    pub event: Event,
}

/// The letter for an event that broke its contract. Its run's letters say more of the project than the event does.
fn refused(run: Option<&RunId>, event: &Event, reason: String) -> DeadLetter {
    DeadLetter {
        project: event.project_id.to_string(),
        criticality: Criticality::default(),
        agent: event.originating_agent.clone(),
        error_kind: "contract".into(),
        subject: Subject::Event(event.event_id.to_string()),
        body: json(event),
        reason,
        attempts: 1,
        run: run.cloned(),
    }
}

/// Appends events to the log, in order; one with an id that is there already is there already.
pub(crate) fn append<'e>(
    writes: &mut Batch,
    run: Option<&RunId>,
    events: impl IntoIterator<Item = &'e Event>,
    now: Timestamp,
) {
    let row =
        |event: &Event| (event.event_id.to_string(), event.event_type.clone(), event.project_id.clone(), json(event));
    let rows: Vec<_> = events.into_iter().map(row).collect();
    if rows.is_empty() {
        return;
    }
    writes
        .add(
            "INSERT INTO event (event_id, type, project, run_id, body, at) \
             SELECT value->>0, value->>1, value->>2, ?, value->>3, ? FROM json_each(?) ORDER BY key \
             ON CONFLICT DO NOTHING",
        )
        .bind(run.map(RunId::as_str))
        .bind(now.millis())
        .bind(json(&rows));
}

/// How far a subscription has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its name: factory and blueprint.
    pub name: String,
    /// Place of the last event it has dealt with.
    pub position: i64,
    /// Times that dealing with the next one failed.
    pub attempts: u32,
    /// Not before this time.
    pub next_at: Timestamp,
}

impl Store {
    /// The letter for an event whose contract does not hold.
    pub(crate) fn check_event(
        &self,
        run: Option<&RunId>,
        contracts: Option<&Digest>,
        event: &Event,
    ) -> Result<(), Box<DeadLetter>> {
        (self.check)(event, contracts).map_err(|reason| Box::new(refused(run, event, reason)))
    }

    /// Appends events from outside a run, and closes the inbox row they came from. False for each that went to the
    /// dead letter queue.
    ///
    /// # Errors
    /// [`StoreError::Database`]; none was stored.
    pub async fn tell(
        &self,
        events: &[(Option<RunId>, Event)],
        decisions: &[Decision],
        inbox: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let told: Vec<_> = events.iter().map(|(run, event)| self.check_event(run.as_ref(), None, event)).collect();
        let mut writes = Batch::default();
        for ((run, event), _) in events.iter().zip(&told).filter(|(_, told)| told.is_ok()) {
            append(&mut writes, run.as_ref(), [event], now);
        }
        let mut tx = self.begin().await?;
        writes.perform(&mut tx).await?;
        for letter in told.iter().filter_map(|told| told.as_ref().err()) {
            crate::dlq::open(self, &mut tx, letter, now).await?;
        }
        crate::decisions::insert(&mut tx, decisions, now).await?;
        if let Some(seq) = inbox {
            crate::inbox::close(&mut tx, seq).await?;
        }
        tx.commit("tell").await?;
        Ok(told.iter().map(Result::is_ok).collect())
    }

    /// At most `limit` events after a place in the log, in order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        let rows: Vec<(i64, Option<String>, String)> =
            sqlx::query_as("SELECT seq, run_id, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?")
                .bind(seq)
                .bind(limit)
                .fetch_all(&self.reader)
                .await?;
        rows.into_iter()
            .map(|(seq, run, body)| {
                let event = serde_json::from_str(&body).map_err(StoreError::unreadable("event"))?;
                Ok(EventRow { seq, run, event })
            })
            .collect()
    }

    /// The event with this id, if it is in the log.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn event(&self, event_id: &str) -> Result<Option<EventRow>, StoreError> {
        let row: Option<(i64, Option<String>, String)> =
            sqlx::query_as("SELECT seq, run_id, body FROM event WHERE event_id = ?")
                .bind(event_id)
                .fetch_optional(&self.reader)
                .await?;
        row.map(|(seq, run, body)| {
            let event = serde_json::from_str(&body).map_err(StoreError::unreadable("event"))?;
            Ok(EventRow { seq, run, event })
        })
        .transpose()
    }

    /// The place of the last event.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn last_event(&self) -> Result<i64, StoreError> {
        let last: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM event").fetch_one(&self.reader).await?;
        Ok(last.unwrap_or(0))
    }

    /// A subscription's place; one that is new starts at `from`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn subscription(&self, name: &str, from: i64) -> Result<Subscription, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO subscription (name, position) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(from)
            .execute(&mut *tx)
            .await?;
        let (position, attempts, next_at): (i64, u32, i64) =
            sqlx::query_as("SELECT position, attempts, next_at FROM subscription WHERE name = ?")
                .bind(name)
                .fetch_one(&mut *tx)
                .await?;
        tx.commit("subscription").await?;
        let next_at = Timestamp::from_millis(next_at);
        Ok(Subscription { name: name.to_owned(), position, attempts, next_at })
    }

    /// Forgets the subscriptions whose name begins with `prefix`, but for these: one that comes back is new.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forget_subscriptions(&self, prefix: &str, but: &[String]) -> Result<(), StoreError> {
        let known: Vec<String> =
            sqlx::query_scalar("SELECT name FROM subscription WHERE substr(name, 1, length(?1)) = ?1")
                .bind(prefix)
                .fetch_all(&self.reader)
                .await?;
        let gone: Vec<&String> = known.iter().filter(|name| !but.contains(name)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for name in gone {
            sqlx::query("DELETE FROM subscription WHERE name = ?").bind(name).execute(&mut *tx).await?;
        }
        tx.commit("forget-subscriptions").await?;
        Ok(())
    }

    /// Moves a subscription on to `position`. A crash before this makes the event come again; the run's trigger key
    /// makes that harmless.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn advance(&self, name: &str, position: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        advance(&mut tx, name, position).await?;
        tx.commit("advance").await?;
        Ok(())
    }

    /// Dealing with the subscription's next event failed for now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hold_back(&self, name: &str, until: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE subscription SET attempts = attempts + 1, next_at = ? WHERE name = ?")
            .bind(until.millis())
            .bind(name)
            .execute(&mut *tx)
            .await?;
        tx.commit("hold-back").await?;
        Ok(())
    }
}

pub(crate) async fn advance(tx: &mut SqliteConnection, name: &str, position: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE subscription SET position = max(position, ?), attempts = 0, next_at = 0 WHERE name = ?")
        .bind(position)
        .bind(name)
        .execute(&mut *tx)
        .await?;
    Ok(())
}
