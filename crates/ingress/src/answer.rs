//! What a sender hears.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is stored now.
    Stored,
    /// It was here before.
    Duplicate,
    /// GitHub asks whether somebody is here.
    Pong,
    /// Nobody who knows the secret sent it.
    Unauthentic,
    /// No secret is set for this source.
    NotTaken,
    /// It came too slowly.
    Slow,
    /// It is too long.
    TooLong,
    /// Too much came from this address.
    TooMany,
    /// Too much is being read at once.
    Busy,
    /// It cannot be stored: the disk is nearly full, the store failed, the secret cannot be read, the process is ending.
    Unavailable,
}

impl Answer {
    /// Its HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Stored => StatusCode::ACCEPTED,
            Self::Duplicate | Self::Pong => StatusCode::OK,
            Self::Unauthentic => StatusCode::UNAUTHORIZED,
            Self::NotTaken => StatusCode::NOT_FOUND,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// One word, for counting.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Pong => "pong",
            Self::Unauthentic => "unauthentic",
            Self::NotTaken => "not_taken",
            Self::Slow => "slow",
            Self::TooLong => "too_long",
            Self::TooMany => "too_many",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Stored => "stored\n",
            Self::Duplicate => "here already\n",
            Self::Pong => "pong\n",
            Self::Unauthentic => "the signature or secret is missing or wrong; compare the secrets on both sides\n",
            Self::NotTaken => "no secret is set for this forge; name one in the operator's file\n",
            Self::Slow => "the body did not arrive in time; send it again\n",
            Self::TooLong => "at most 25 MiB are taken\n",
            Self::TooMany => "too many requests from this address; try again later\n",
            Self::Busy => "too much arrives at once; try again later\n",
            Self::Unavailable => "it cannot be stored now; send it again later\n",
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.text()).into_response();
        if matches!(self, Self::TooMany | Self::Busy | Self::Unavailable) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}
