//! Large bodies between the network and threads that may block: in as pieces, out as a stream.

use std::io::{self, Write};
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::ApiError;

/// An upload of which nothing comes for so long has ended.
const IDLE: Duration = Duration::from_secs(30);
/// Pieces that wait between the two sides.
const PIECES_WAITING: usize = 16;
/// Bytes of one piece that goes out.
const PIECE_BYTES: usize = 1 << 16;

/// Hands a body to a thread that may block, piece by piece. The thread sees an error if the body was cut off, so that what is
/// incomplete is never taken for whole.
///
/// # Errors
/// The body was empty, cut off or too slow, or `work` failed.
pub(crate) async fn pour<T: Send + 'static>(
    body: Body,
    work: impl FnOnce(Pieces) -> io::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING);
    let work = tokio::task::spawn_blocking(move || work(Pieces { receiver, ended: false }));
    let mut body = body.into_data_stream();
    let mut empty = true;
    while let Some(bytes) = tokio::time::timeout(IDLE, body.next()).await.map_err(|_| ApiError::TooSlow)? {
        let bytes = bytes.map_err(|_| ApiError::BadRequest("the upload ended early; send it again".to_owned()))?;
        empty &= bytes.is_empty();
        if !bytes.is_empty() && sender.send(bytes).await.is_err() {
            break;
        }
    }
    if empty {
        return Err(ApiError::Unprocessable("there is nothing in the body".to_owned()));
    }
    // An empty piece says that all of it came.
    drop(sender.send(Bytes::new()).await);
    let outcome = work.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    outcome.map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => ApiError::Unprocessable(error.to_string()),
        _ => {
            tracing::warn!(%error, "an upload failed");
            ApiError::Unavailable("the upload could not be stored; send it again".to_owned())
        }
    })
}

/// Pieces of a body, in order; an error at the end if it was cut off.
pub(crate) struct Pieces {
    receiver: Receiver<Bytes>,
    ended: bool,
}

impl Iterator for Pieces {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.ended {
            return None;
        }
        match self.receiver.blocking_recv() {
            Some(bytes) if bytes.is_empty() => {
                self.ended = true;
                None
            }
            Some(bytes) => Some(Ok(bytes)),
            None => {
                self.ended = true;
                Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the upload ended early")))
            }
        }
    }
}

/// A body that a thread writes which may block. If it fails, the connection is cut, so that nobody takes a part for the whole.
pub(crate) fn stream_out(work: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING);
    tokio::task::spawn_blocking(move || {
        let mut out = io::BufWriter::with_capacity(PIECE_BYTES, Out(sender.clone()));
        if let Err(error) = work(&mut out).and_then(|()| out.flush()) {
            tracing::warn!(%error, "a download was cut off");
            drop(sender.blocking_send(Err(error)));
        }
    });
    Body::from_stream(stream::unfold(receiver, |mut receiver| async {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    }))
}

struct Out(Sender<io::Result<Bytes>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
