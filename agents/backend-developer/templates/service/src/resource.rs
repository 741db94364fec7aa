//! Create, read, list, update and delete, once for all entities.

use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use sqlx::{
    FromRow, Sqlite, SqliteConnection,
    query::QueryAs,
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use crate::{
    app::App,
    feed,
    fields::Fields,
    kind,
    page::{Page, PageQuery},
    problem::{FieldError, Problem},
    store::BEGIN,
};

/// A statement that answers records.
pub type Statement<'q, R> = QueryAs<'q, Sqlite, R, SqliteArguments>;

/// What differs between entities.
pub trait Resource: Serialize + for<'r> FromRow<'r, SqliteRow> + Send + Sync + Unpin + Sized + 'static {
    /// What a client may set.
    type Input: Send + 'static;

    /// For people: `line item`.
    const NAME: &'static str;
    /// Where its records are: `/v1/line-items`.
    const PATH: &'static str;
    /// One record: where it is.
    const RECORD: &'static str;
    /// Its statements.
    const SQL: Sql;
    /// Its events.
    const EVENTS: Events;

    /// The record's id.
    fn id(&self) -> &str;
    /// Reads a body; findings stay in `fields`.
    fn read(fields: &mut Fields) -> Self::Input;
    /// What an input refers to.
    fn links(input: &Self::Input) -> Vec<Link>;
    /// Binds an input in the order of the columns.
    fn bind<'q>(statement: Statement<'q, Self>, input: Self::Input) -> Statement<'q, Self>;
}

/// The statements of an entity.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// One record by id.
    pub read: &'static str,
    /// Records after an id, up to a number.
    pub list: &'static str,
    /// The input's columns, then the id.
    pub create: &'static str,
    /// The input's columns, then the id.
    pub update: &'static str,
    /// By id.
    pub delete: &'static str,
}

/// The events that tell changes.
#[derive(Debug, Clone, Copy)]
pub struct Events {
    /// A record is new.
    pub created: &'static [&'static str],
    /// A record has other values.
    pub updated: &'static [&'static str],
    /// A record is gone.
    pub deleted: &'static [&'static str],
}

/// A reference to another record.
#[derive(Debug, Clone)]
pub struct Link {
    /// The field.
    pub field: &'static str,
    /// What it refers to, for people.
    pub target: &'static str,
    /// Counts the target by id.
    pub exists: &'static str,
    /// The id; none when the field is empty.
    pub id: Option<String>,
}

/// The routes of an entity.
pub fn routes<R: Resource>() -> Router<App> {
    Router::new()
        .route(R::PATH, get(list::<R>).post(create::<R>))
        .route(R::RECORD, get(read::<R>).put(update::<R>).delete(delete::<R>))
}

async fn create<R: Resource>(State(app): State<App>, mut fields: Fields) -> Result<Response, Problem> {
    let input = R::read(&mut fields);
    fields.finish()?;
    let mut write = app.store.begin_with(BEGIN).await?;
    check_links(R::links(&input), &mut write).await?;
    let statement = R::bind(sqlx::query_as(R::SQL.create), input);
    let record = statement.bind(Uuid::now_v7().to_string()).fetch_one(&mut *write).await?;
    feed::tell(R::EVENTS.created, &record, &mut write).await?;
    write.commit().await?;
    let place = format!("{}/{}", R::PATH, record.id());
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(&record)).into_response())
}

async fn read<R: Resource>(State(app): State<App>, Id(id): Id) -> Result<Json<R>, Problem> {
    let record = sqlx::query_as(R::SQL.read).bind(&id).fetch_optional(&app.store).await?;
    record.map(Json).ok_or_else(|| absent::<R>(&id))
}

async fn list<R: Resource>(
    State(app): State<App>,
    query: PageQuery<String>,
) -> Result<Json<Page<R, String>>, Problem> {
    let after = query.after.unwrap_or_default();
    let records: Vec<R> = sqlx::query_as(R::SQL.list).bind(after).bind(query.limit + 1).fetch_all(&app.store).await?;
    Ok(Json(Page::cut(records, query.limit, |record| record.id().to_owned())))
}

async fn update<R: Resource>(State(app): State<App>, Id(id): Id, mut fields: Fields) -> Result<Json<R>, Problem> {
    let input = R::read(&mut fields);
    fields.finish()?;
    let mut write = app.store.begin_with(BEGIN).await?;
    let known: Option<R> = sqlx::query_as(R::SQL.read).bind(&id).fetch_optional(&mut *write).await?;
    if known.is_none() {
        return Err(absent::<R>(&id));
    }
    check_links(R::links(&input), &mut write).await?;
    let record = R::bind(sqlx::query_as(R::SQL.update), input).bind(&id).fetch_one(&mut *write).await?;
    feed::tell(R::EVENTS.updated, &record, &mut write).await?;
    write.commit().await?;
    Ok(Json(record))
}

async fn delete<R: Resource>(State(app): State<App>, Id(id): Id) -> Result<StatusCode, Problem> {
    let mut write = app.store.begin_with(BEGIN).await?;
    let gone: Option<R> = sqlx::query_as(R::SQL.delete).bind(&id).fetch_optional(&mut *write).await?;
    let record = gone.ok_or_else(|| absent::<R>(&id))?;
    feed::tell(R::EVENTS.deleted, &record, &mut write).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All references that lead nowhere, in one answer.
async fn check_links(links: Vec<Link>, write: &mut SqliteConnection) -> Result<(), Problem> {
    let mut errors = Vec::new();
    for link in links {
        let Some(id) = link.id else { continue };
        let found: i64 = sqlx::query_scalar(link.exists).bind(&id).fetch_one(&mut *write).await?;
        if found == 0 {
            errors.push(FieldError::field(link.field, format!("there is no {} `{id}`", link.target)));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::conflict("a reference leads nowhere", errors)) }
}

fn absent<R: Resource>(id: &str) -> Problem {
    Problem::not_found(format!("there is no {} `{id}`", R::NAME))
}

/// The id in a path. What is no id names nothing.
struct Id(String);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(text)| kind::parse_uuid(&text));
        id.map(Self).ok_or_else(|| Problem::not_found("the id is not a UUID"))
    }
}
