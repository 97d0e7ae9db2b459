//! Server-sent events: what changed, to whoever may see it. Before anything is said, the store is asked in the subscriber's
//! eyes (invariant 12), again every time: a right that was taken away ends what is told at once.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::StreamBody;
use hyper::body::Frame;
use quell_model::{AlertId, Right, UserId, Viewer};
use serde_json::json;
use tokio::sync::{broadcast, mpsc};

use super::incident_views::IncidentView;
use crate::App;
use crate::http::{Access, ApiError, Caller, Route};
use crate::hub::{Change, Numbered};

/// Changes said together.
const TOGETHER_MAX: usize = 500;
/// Messages that wait for a slow reader; one that is further behind is let go.
const WAITING_MAX: usize = 64;
/// A reader that takes nothing for so long is let go.
const TAKE_WITHIN: Duration = Duration::from_secs(20);
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Streams of one user at once.
const STREAMS_PER_USER_MAX: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    let route = Route::api(Method::GET, "/api/v1/stream", Access::Needs(Right::AlertsRead), || get(stream));
    vec![Route { described: false, ..route }]
}

/// Subscribes. `Last-Event-ID` goes on after an earlier event; if that is not possible, `resync` says to read anew.
async fn stream(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Result<Response, ApiError> {
    let place = app.streams.enter(&caller.user, STREAMS_PER_USER_MAX).ok_or(ApiError::TooMany(30))?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last.map(|last| last.strip_prefix(&format!("{}-", app.hub.run)).and_then(|number| number.parse().ok()));
    let (missed, receiver) = match after {
        // Of another run, or no id of ours.
        Some(None) => (None, app.hub.subscribe(None).1),
        Some(after) => app.hub.subscribe(after),
        None => app.hub.subscribe(None),
    };
    let (sender, mut messages) = mpsc::channel::<Bytes>(WAITING_MAX);
    let telling = Telling { app, caller, headers, sender };
    tokio::spawn(async move {
        let _place = place;
        telling.run(missed, receiver).await;
    });
    let frames = async_frames(move |context| messages.poll_recv(context));
    let mut response = Body::new(StreamBody::new(frames)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// A stream of frames out of a function that is polled for bytes.
fn async_frames(
    mut poll: impl FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<Bytes>> + Send + 'static,
) -> impl futures_util::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send {
    futures_util::stream::poll_fn(move |context| poll(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))))
}

struct Telling {
    app: App,
    caller: Caller,
    headers: HeaderMap,
    sender: mpsc::Sender<Bytes>,
}

/// Why a stream ends.
struct Ended;

impl Telling {
    async fn run(mut self, missed: Option<Vec<Numbered>>, receiver: broadcast::Receiver<Numbered>) {
        let begun = match missed {
            Some(missed) => self.begin(missed).await,
            None => self.send(message("resync", None, &json!({}))).await,
        };
        if begun.is_ok() {
            self.follow(receiver).await.unwrap_or(());
        }
    }

    async fn begin(&mut self, missed: Vec<Numbered>) -> Result<(), Ended> {
        self.send(Bytes::from_static(b": hello\n\n")).await?;
        self.tell(missed).await
    }

    async fn follow(&mut self, mut receiver: broadcast::Receiver<Numbered>) -> Result<(), Ended> {
        let mut stop = self.app.stop.clone();
        loop {
            let next = tokio::select! {
                next = tokio::time::timeout(HEARTBEAT, receiver.recv()) => next,
                () = self.sender.closed() => return Err(Ended),
                _ = stop.wait_for(|stop| *stop) => return Err(Ended),
            };
            match next {
                Err(_) => {
                    self.still_allowed().await?;
                    self.send(Bytes::from_static(b": beat\n\n")).await?;
                }
                Ok(Err(broadcast::error::RecvError::Closed)) => return Err(Ended),
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => {
                    self.send(message("resync", None, &json!({}))).await?;
                }
                Ok(Ok(first)) => {
                    let mut changes = vec![first];
                    while changes.len() < TOGETHER_MAX
                        && let Ok(more) = receiver.try_recv()
                    {
                        changes.push(more);
                    }
                    match self.still_allowed().await? {
                        true => self.tell(changes).await?,
                        false => self.send(message("resync", None, &json!({}))).await?,
                    }
                }
            }
        }
    }

    /// Signs in again with what the subscriber showed: a session that ended, or a right that is gone, ends the stream.
    /// False while the store cannot say: then nothing may be told.
    async fn still_allowed(&mut self) -> Result<bool, Ended> {
        let caller = self.app.access.authenticate(&self.headers, self.caller.address).await;
        match caller {
            Ok(Some(caller)) if caller.user == self.caller.user && caller.may(Right::AlertsRead) => {
                self.caller = caller;
                Ok(true)
            }
            Err(error) if error.status().is_server_error() => Ok(false),
            _ => Err(Ended),
        }
    }

    async fn tell(&mut self, changes: Vec<Numbered>) -> Result<(), Ended> {
        let Some(last) = changes.last().map(|change| change.number) else { return Ok(()) };
        let Ok(said) = self.visible(changes).await else {
            return self.send(message("resync", None, &json!({}))).await;
        };
        let id = format!("{}-{last}", self.app.hub.run);
        let count = said.len();
        for (at, (event, data)) in said.into_iter().enumerate() {
            // Only the last carries the id: what was told in part is told again.
            let id = (at + 1 == count).then_some(id.as_str());
            self.send(message(event, id, &data)).await?;
        }
        Ok(())
    }

    /// What of some changes this subscriber may see.
    async fn visible(&mut self, changes: Vec<Numbered>) -> Result<Vec<(&'static str, serde_json::Value)>, ApiError> {
        let viewer = self.caller.viewer();
        let store = &self.app.store;
        let alert = |change: &Numbered| match &change.change {
            Change::Alert(news) => Some(news.id.clone()),
            Change::Triage(id) => Some(id.clone()),
            _ => None,
        };
        let ids: Vec<AlertId> = changes.iter().filter_map(alert).collect();
        let alerts: BTreeSet<AlertId> = match ids.is_empty() {
            true => BTreeSet::new(),
            false => store.alert_versions(&viewer, &ids).await?.into_iter().map(|(id, _)| id).collect(),
        };
        let mut said = Vec::new();
        let (mut incidents, mut pads) = (BTreeSet::new(), BTreeSet::new());
        for change in changes {
            match change.change {
                Change::Alert(news) if alerts.contains(&news.id) => said.push(("alert", alert_data(&news))),
                Change::Triage(id) if alerts.contains(&id) => said.push(("triage", json!({ "id": id }))),
                Change::Alert(_) | Change::Triage(_) => {}
                Change::Incident(id) => {
                    if !self.caller.may(Right::IncidentsRead) || !incidents.insert(id.clone()) {
                        continue;
                    }
                    if let Some(row) = store.incident(&viewer, &id).await? {
                        said.push(("incident", serde_json::to_value(IncidentView::from(row)).unwrap_or_default()));
                    }
                }
                Change::Pad(id, note) => {
                    if !self.caller.may(Right::IncidentsWrite) || !pads.insert((id.clone(), note)) {
                        continue;
                    }
                    if store.incident(&viewer, &id).await?.is_some() {
                        said.push(("pad", json!({ "incident": id, "note": note })));
                    }
                }
                Change::Source(name) => {
                    if !self.caller.may(Right::SourcesRead) {
                        continue;
                    }
                    let rows = store.sources(&viewer).await?;
                    if let Some(row) = rows.into_iter().find(|row| row.name == name) {
                        said.push(("source", json!({ "name": row.name, "silent": row.silent })));
                    }
                }
                Change::Alarm(id, by) => {
                    if self.may_hear_alarm(&viewer, &id, &by).await? {
                        said.push(("alarm", json!({ "incident": id, "by": by, "what": "glass broken" })));
                    }
                }
            }
        }
        Ok(said)
    }

    async fn may_hear_alarm(
        &self,
        viewer: &Viewer,
        id: &quell_model::IncidentId,
        by: &UserId,
    ) -> Result<bool, ApiError> {
        let member = self.caller.may(Right::IncidentsRead) && self.app.store.incident(viewer, id).await?.is_some();
        Ok(self.caller.user != *by && (member || self.caller.may(Right::SystemRead)))
    }

    /// Waits for the reader, but not for ever.
    async fn send(&self, bytes: Bytes) -> Result<(), Ended> {
        match tokio::time::timeout(TAKE_WITHIN, self.sender.send(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended),
            Err(_) => {
                tracing::info!(user = self.caller.login, "a subscriber takes nothing and is let go");
                Err(Ended)
            }
        }
    }
}

fn alert_data(news: &crate::hub::AlertNews) -> serde_json::Value {
    json!({
        "id": news.id,
        "title": news.title,
        "severity": news.level.as_str(),
        "source": news.source,
        "subject": news.subject,
        "time": news.time.map(|time| time.to_string()),
    })
}

/// One message of a stream. JSON has no line breaks, so one `data` line is enough.
fn message(event: &str, id: Option<&str>, data: &serde_json::Value) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("event: {event}\n{id}data: {data}\n\n"))
}
