//! How many streams each user has open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use quell_model::UserId;

/// Counts streams.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<UserId, usize>>>);

/// A place among the streams of a user; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    streams: Streams,
    user: UserId,
}

impl Streams {
    /// A place, unless the user has so many already.
    pub(crate) fn enter(&self, user: &UserId, places_max: usize) -> Option<Place> {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = streams.entry(user.clone()).or_default();
        if *taken >= places_max {
            return None;
        }
        *taken += 1;
        Some(Place { streams: self.clone(), user: user.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = streams.get_mut(&self.user) {
            *taken -= 1;
            if *taken == 0 {
                streams.remove(&self.user);
            }
        }
    }
}
