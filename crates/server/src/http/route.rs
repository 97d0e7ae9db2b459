//! A row of the table of routes.

use std::time::Duration;

use axum::http::Method;
use axum::routing::MethodRouter;
use quell_model::Right;

use crate::App;

/// Who may call a route. What they then see of it is a matter of the store, which takes their eyes with every read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// Somebody signed in with a session or token that carries this right.
    Needs(Right),
    /// As `Needs`, but only from a session: no token can do it, whatever it carries.
    Session(Right),
}

/// Largest body of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLimit {
    /// 256 KiB: commands.
    Command,
    /// 16 MiB: deliveries of records.
    Delivery,
    /// No limit here; the handler reads it as a stream.
    Stream,
}

impl BodyLimit {
    /// In bytes, if there is one.
    pub(crate) fn bytes(self) -> Option<usize> {
        match self {
            BodyLimit::Command => Some(256 << 10),
            BodyLimit::Delivery => Some(16 << 20),
            BodyLimit::Stream => None,
        }
    }

    /// How long it may take to come, if that is bounded: a body that trickles in holds a connection.
    pub(crate) fn within(self) -> Option<Duration> {
        match self {
            BodyLimit::Command => Some(Duration::from_secs(30)),
            BodyLimit::Delivery => Some(Duration::from_secs(120)),
            BodyLimit::Stream => None,
        }
    }
}

/// One method on one path.
pub(crate) struct Route {
    /// Method.
    pub(crate) method: Method,
    /// Path, with `{names}` for its variable parts.
    pub(crate) path: &'static str,
    /// Who may.
    pub(crate) access: Access,
    /// How much body.
    pub(crate) body: BodyLimit,
    /// Whether it is part of the described API; protocols of others are not.
    pub(crate) described: bool,
    /// Whether its answer may be remembered for an idempotency key; a file is too large for that.
    pub(crate) remembered: bool,
    /// What answers.
    pub(crate) handler: fn() -> MethodRouter<App>,
}

impl Route {
    /// A route of the API, for commands.
    pub(crate) fn api(method: Method, path: &'static str, access: Access, handler: fn() -> MethodRouter<App>) -> Route {
        Route { method, path, access, body: BodyLimit::Command, described: true, remembered: true, handler }
    }

    /// A route in the form of somebody else's protocol.
    pub(crate) fn foreign(
        method: Method,
        path: &'static str,
        access: Access,
        handler: fn() -> MethodRouter<App>,
    ) -> Route {
        Route { method, path, access, body: BodyLimit::Delivery, described: false, remembered: true, handler }
    }

    /// The same with another limit.
    pub(crate) fn with_body(self, body: BodyLimit) -> Route {
        // What comes as a stream is never held as a whole.
        let remembered = self.remembered && body != BodyLimit::Stream;
        Route { body, remembered, ..self }
    }

    /// The same, answering with a file.
    pub(crate) fn with_file(self) -> Route {
        Route { remembered: false, ..self }
    }
}
