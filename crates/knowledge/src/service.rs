//! The pipe's messages, answered one after the other.

use forgeline_model::knowledge::{Request, Response};

use crate::{Index, KnowledgeError, Setup, Step};

/// Answers requests. The index is opened when one first needs it, and tried again when it could not be opened.
pub struct Service {
    setup: Setup,
    index: Option<Index>,
}

impl Service {
    /// A service over this index directory; nothing is opened yet.
    pub fn new(setup: Setup) -> Self {
        Self { setup, index: None }
    }

    /// The answer to a request; a failure is an answer too.
    pub async fn answer(&mut self, request: Request) -> Response {
        self.try_answer(request).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a request was refused");
            Response::Refused(error.refusal())
        })
    }

    async fn try_answer(&mut self, request: Request) -> Result<Response, KnowledgeError> {
        let index = match self.index.take() {
            Some(index) => index,
            None => Index::open(&self.setup).await?,
        };
        let index = self.index.insert(index);
        Ok(match request {
            Request::Status => Response::Status(index.status()?),
            Request::Index(request) => match index.index(&request).await? {
                Step::Done(indexed) => Response::Indexed(indexed),
                Step::More(progress) => Response::Progress(progress),
            },
            Request::Search(request) => Response::Found(index.search(&request).await?),
            Request::Forget(request) => Response::Forgotten(index.forget(&request).await?),
        })
    }
}
