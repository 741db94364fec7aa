//! Lists in pages: `?limit=20&after=<last id>`.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::Serialize;

use crate::{kind, problem::Problem};

/// Entries of a page unless the client says otherwise.
const DEFAULT_LIMIT: u32 = 20;
/// Most entries of a page.
const MAX_LIMIT: u32 = 100;

/// Which page a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery<A> {
    /// Most entries.
    pub limit: u32,
    /// What the last page ended with.
    pub after: Option<A>,
}

/// A page.
#[derive(Debug, Serialize)]
pub struct Page<T, A> {
    /// Entries in order.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; `null` on the last one.
    pub next: Option<A>,
}

/// A place in a list.
pub trait Place: Sized {
    /// Reads it from a query.
    fn parse(text: &str) -> Option<Self>;
}

impl Place for String {
    fn parse(text: &str) -> Option<Self> {
        kind::parse_uuid(text)
    }
}

impl Place for i64 {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.len() <= 15 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    }
}

impl<T, A> Page<T, A> {
    /// A page from one entry more than it may hold, if there is one more.
    pub fn cut(mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> A) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(place);
        Self { items, next }
    }
}

impl<S: Send + Sync, A: Place> FromRequestParts<S> for PageQuery<A> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::bad_request("the query cannot be read"))?;
        let (mut limit, mut after) = (None, None);
        for (name, value) in pairs {
            let twice = || Problem::bad_request(format!("`{name}` is given twice"));
            match name.as_str() {
                "limit" if limit.is_some() => return Err(twice()),
                "after" if after.is_some() => return Err(twice()),
                "limit" => {
                    let number = value.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
                    let refusal = || Problem::bad_request(format!("`limit` must be from 1 to {MAX_LIMIT}"));
                    limit = Some(number.ok_or_else(refusal)?);
                }
                "after" => {
                    let refusal = || Problem::bad_request("`after` must be what `next` of a page says");
                    after = Some(A::parse(&value).ok_or_else(refusal)?);
                }
                _ => return Err(Problem::bad_request(format!("there is no parameter `{name}`; use `limit` and `after`"))),
            }
        }
        Ok(Self { limit: limit.unwrap_or(DEFAULT_LIMIT), after })
    }
}
