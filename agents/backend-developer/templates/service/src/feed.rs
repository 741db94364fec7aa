//! The events of the service: written with the change that they tell, read in order at `/events`.
//!
//! Each is a CloudEvent 1.0; `contracts/events.json` says what its data hold. A consumer remembers the last `sequence`
//! it has seen and asks for what came after it, so none is lost and each can be recognised.

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use crate::{
    NAME,
    app::App,
    page::{Page, PageQuery},
    problem::Problem,
    resource::Resource,
};

#[derive(FromRow)]
struct Row {
    sequence: i64,
    id: String,
    time: String,
    name: String,
    subject: String,
    data: String,
}

/// Writes events about a record; they are there once the transaction is.
///
/// # Errors
/// Those of the database.
pub async fn tell<R: Resource>(names: &[&str], record: &R, write: &mut SqliteConnection) -> Result<(), Problem> {
    let data = json!(record).to_string();
    for name in names {
        sqlx::query("INSERT INTO _event (id, name, subject, data) VALUES (?, ?, ?, ?)")
            .bind(Uuid::now_v7().to_string())
            .bind(*name)
            .bind(record.id())
            .bind(&data)
            .execute(&mut *write)
            .await?;
    }
    Ok(())
}

/// `GET /events`.
///
/// # Errors
/// Those of the database.
pub async fn list(State(app): State<App>, query: PageQuery<i64>) -> Result<Json<Page<impl Serialize, i64>>, Problem> {
    let sql = "SELECT sequence, id, time, name, subject, data FROM _event WHERE sequence > ? ORDER BY sequence LIMIT ?";
    let rows: Vec<Row> =
        sqlx::query_as(sql).bind(query.after.unwrap_or(0)).bind(query.limit + 1).fetch_all(&app.store).await?;
    let page = Page::cut(rows, query.limit, |row| row.sequence);
    Ok(Json(Page { items: page.items.iter().map(cloud_event).collect::<Vec<_>>(), next: page.next }))
}

fn cloud_event(row: &Row) -> Value {
    json!({
        "specversion": "1.0",
        "id": row.id,
        "source": format!("/{NAME}"),
        "type": row.name,
        "subject": row.subject,
        "time": row.time,
        "datacontenttype": "application/json",
        "sequence": row.sequence,
        "data": serde_json::from_str::<Value>(&row.data).unwrap_or(Value::Null),
    })
}
