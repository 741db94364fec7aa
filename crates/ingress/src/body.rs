//! Reading a body: not too long, not too slowly, and not too many at once.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, http::HeaderMap};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use crate::{Answer, header};

/// Longest body, bytes: what GitHub sends at most.
pub(crate) const MAX_BYTES: usize = 25 << 20;

/// Bounds of what is in memory, shared by all requests.
#[derive(Clone)]
pub(crate) struct Reader {
    /// A permit for each KiB.
    room: Arc<Semaphore>,
    max_bytes: usize,
    patience: Duration,
}

/// A body, and the room that it takes.
pub(crate) struct Whole {
    pub(crate) bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl Reader {
    /// At most `room` bytes of all bodies together, `max_bytes` of each, which has `patience` to arrive.
    pub(crate) fn new(room: usize, max_bytes: usize, patience: Duration) -> Self {
        Self { room: Arc::new(Semaphore::new(room >> 10)), max_bytes, patience }
    }

    /// Reads a body. What says that it is too long is not read at all.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Whole, Answer> {
        let said = header::one(headers, "content-length").and_then(|text| text.parse::<usize>().ok());
        let longest = said.unwrap_or(self.max_bytes);
        if longest > self.max_bytes {
            return Err(Answer::TooLong);
        }
        let kib = u32::try_from((longest >> 10) + 1).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(kib).map_err(|_| Answer::Busy)?;
        let read = time::timeout(self.patience, Limited::new(body, self.max_bytes).collect()).await;
        match read {
            Ok(Ok(whole)) => Ok(Whole { bytes: whole.to_bytes().into(), _room: room }),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Answer::TooLong),
            Ok(Err(_)) | Err(_) => Err(Answer::Slow),
        }
    }
}
