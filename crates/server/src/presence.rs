//! Who looks at which incident just now. It is kept in memory and forgets by itself; of several servers each knows its own people.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use quell_model::{IncidentId, Timestamp, UserId};

/// Whoever does not say so again within this time is not there any more.
const STAYS: Duration = Duration::from_secs(45);
/// Incidents and people that are remembered; beyond it, those who come are not.
const PLACES_MAX: usize = 10_000;

/// Somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) user: UserId,
    /// Which part of the incident.
    pub(crate) place: String,
}

/// Who is where.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    seen: Mutex<BTreeMap<(IncidentId, UserId), (Timestamp, String)>>,
}

impl Presence {
    /// Notes that somebody looks at an incident; answers who else does.
    pub(crate) fn note(&self, incident: &IncidentId, here: Present, now: Timestamp) -> Vec<Present> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, (at, _)| now.duration_since(*at).unsigned_abs() < STAYS);
        let others = seen.iter().filter(|((of, user), _)| of == incident && *user != here.user);
        let others =
            others.map(|((_, user), (_, place))| Present { user: user.clone(), place: place.clone() }).collect();
        let key = (incident.clone(), here.user);
        // Whoever is there already stays known.
        if seen.len() < PLACES_MAX || seen.contains_key(&key) {
            seen.insert(key, (now, here.place));
        }
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present(user: &str, place: &str) -> Present {
        Present { user: UserId::new(user), place: place.to_owned() }
    }

    #[test]
    fn others_are_seen_until_they_say_nothing_any_more() {
        let presence = Presence::default();
        let (incident, other) = (IncidentId::new("inc-1"), IncidentId::new("inc-2"));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(presence.note(&incident, present("ada", "notes"), at(0)), []);
        assert_eq!(presence.note(&incident, present("bob", "graph"), at(10)), [present("ada", "notes")]);
        assert_eq!(presence.note(&other, present("eve", ""), at(10)), [], "another incident is none of theirs");
        assert_eq!(presence.note(&incident, present("bob", "graph"), at(46)), [], "ada left");
        assert_eq!(presence.note(&incident, present("ada", "work"), at(50)), [present("bob", "graph")]);
    }
}
