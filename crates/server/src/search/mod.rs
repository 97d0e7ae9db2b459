//! Search over stored events: by time, source, field and words, newest arrival first.
//!
//! The lake names chunks that can have what is looked for; those are opened one after the other, with limits on how many and
//! how long. A search that reaches a limit says so and can be continued.

mod query;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use quell_model::ports::{ChunkQuery, EventLake, LakeError};
use quell_model::{Event, EventId, Fields, LogSource, Timestamp};
use quell_normalize::{Normalizer, RawRecord, unpack};
use tokio::time::Instant;

pub(crate) use query::EventQuery;
pub(crate) use words::Words;

use words::can_have;

/// Chunks looked at in one go.
const HEADS: u32 = 256;
/// Longest time that one search takes before it answers with what it has.
const TIME_MAX: Duration = Duration::from_secs(3);

/// An event that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) id: EventId,
    pub(crate) source: String,
    pub(crate) received_at: Timestamp,
    /// As normalised; none if no mapping knows the record.
    pub(crate) event: Option<Event>,
    /// What rules have to be for to see it.
    pub(crate) log_source: Option<LogSource>,
    pub(crate) raw: Vec<u8>,
}

/// What a search found.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) found: Vec<Found>,
    /// Where to go on; none when everything was looked at.
    pub(crate) next: Option<EventId>,
    /// Chunks that were opened.
    pub(crate) opened: u64,
}

/// Searches; sources in `hidden` do not exist for it.
///
/// # Errors
/// The lake cannot be read.
pub(crate) async fn search(
    lake: &dyn EventLake,
    knowledge: &std::sync::Arc<quell_engine::Knowledge>,
    query: EventQuery,
    hidden: Vec<String>,
) -> Result<Answer, LakeError> {
    let began = Instant::now();
    let query = std::sync::Arc::new(query);
    let mut answer = Answer::default();
    // The chunk that holds the cursor is looked at again, up to it.
    let mut before = query.before.map(|id| id.chunk() + 1);
    loop {
        let heads = lake
            .candidates(ChunkQuery {
                before,
                since: query.since,
                until: query.until,
                sources: query.source.clone().into_iter().collect(),
                without_sources: hidden.clone(),
                limit: HEADS,
            })
            .await?;
        let Some(last) = heads.last().map(|head| head.seq) else { return Ok(answer) };
        for head in heads.into_iter().filter(|head| can_have(&head.words, &query.words)) {
            let Some(chunk) = lake.chunk(head.seq).await? else { continue };
            answer.opened += 1;
            let room = query.limit - answer.found.len();
            let (asked, knowledge) = (std::sync::Arc::clone(&query), std::sync::Arc::clone(knowledge));
            let until = began + TIME_MAX;
            let opened =
                tokio::task::spawn_blocking(move || look_into(&chunk, &asked, &knowledge, (room, until))).await;
            let (found, left_off) = opened.map_err(|_| LakeError::Damaged(format!("chunk {}", head.seq)))?;
            answer.found.extend(found);
            if left_off.is_some() {
                answer.next = left_off;
                return Ok(answer);
            }
            if answer.found.len() >= query.limit {
                answer.next = answer.found.last().map(|found| found.id);
                return Ok(answer);
            }
            if began.elapsed() >= TIME_MAX {
                answer.next = Some(EventId::new(head.seq, 0));
                return Ok(answer);
            }
        }
        if began.elapsed() >= TIME_MAX {
            answer.next = Some(EventId::new(last, 0));
            return Ok(answer);
        }
        before = Some(last);
    }
}

/// One stored event.
///
/// # Errors
/// The lake cannot be read.
pub(crate) async fn find(
    lake: &dyn EventLake,
    knowledge: &quell_engine::Knowledge,
    id: EventId,
) -> Result<Option<Found>, LakeError> {
    let Some(chunk) = lake.chunk(id.chunk()).await? else { return Ok(None) };
    if chunk.duplicates.contains(&id.index()) {
        return Ok(None);
    }
    let mut records = unpack(&chunk.payload).map_err(|error| LakeError::Damaged(error.to_string()))?;
    let at = usize::from(id.index());
    if at >= records.len() {
        return Ok(None);
    }
    let record = records.swap_remove(at);
    let raw = record.bytes.clone();
    let mut normalizer = normalizer(knowledge);
    let event = normalize(&mut normalizer, record, id);
    let log_source = log_source(&normalizer, event.as_ref());
    Ok(Some(Found { id, source: chunk.source, received_at: chunk.received_at, event, log_source, raw }))
}

/// Stored events of these ids, as normalised; what is no longer kept, or no event, is not among them.
///
/// # Errors
/// The lake cannot be read.
pub(crate) async fn find_all(
    lake: &dyn EventLake,
    knowledge: &std::sync::Arc<quell_engine::Knowledge>,
    ids: Vec<EventId>,
) -> Result<HashMap<EventId, Event>, LakeError> {
    let mut by_chunk: BTreeMap<u64, Vec<EventId>> = BTreeMap::new();
    for id in ids {
        by_chunk.entry(id.chunk()).or_default().push(id);
    }
    let mut found = HashMap::new();
    for (seq, ids) in by_chunk {
        let Some(chunk) = lake.chunk(seq).await? else { continue };
        let knowledge = std::sync::Arc::clone(knowledge);
        let opened = tokio::task::spawn_blocking(move || {
            let mut records: Vec<Option<RawRecord>> =
                unpack(&chunk.payload).unwrap_or_default().into_iter().map(Some).collect();
            let mut normalizer = normalizer(&knowledge);
            let event = |id: EventId| {
                let record = records.get_mut(usize::from(id.index()))?.take()?;
                Some((id, normalize(&mut normalizer, record, id)?))
            };
            ids.into_iter().filter_map(event).collect::<Vec<_>>()
        });
        found.extend(opened.await.map_err(|_| LakeError::Damaged(format!("chunk {seq}")))?);
    }
    Ok(found)
}

/// What of a chunk is found, and the event before which it was left off, if time was up.
fn look_into(
    chunk: &quell_model::ports::Chunk,
    query: &EventQuery,
    knowledge: &quell_engine::Knowledge,
    (room, until): (usize, Instant),
) -> (Vec<Found>, Option<EventId>) {
    let records = unpack(&chunk.payload).unwrap_or_default();
    let mut normalizer = query.normalizer(knowledge);
    let mut found = Vec::new();
    for (at, record) in (0u16..=u16::MAX).zip(records).collect::<Vec<_>>().into_iter().rev() {
        let id = EventId::new(chunk.seq, at);
        let shown = query.before.is_none_or(|before| id < before) && !chunk.duplicates.contains(&at);
        if !shown || !query.matches_raw(&record) {
            continue;
        }
        let raw = record.bytes.clone();
        let event = normalize(&mut normalizer, record, id);
        if query.matches_event(event.as_ref(), (&normalizer, knowledge)) {
            let source = chunk.source.clone();
            let log_source = log_source(&normalizer, event.as_ref());
            found.push(Found { id, source, received_at: chunk.received_at, event, log_source, raw });
            if found.len() >= room {
                break;
            }
        }
        // A rule can take long for each event.
        if Instant::now() >= until {
            return (found, Some(id));
        }
    }
    (found, None)
}

fn normalizer(knowledge: &quell_engine::Knowledge) -> Normalizer<'_> {
    let (_, table) = knowledge.detector();
    knowledge.mappings().normalizer(table)
}

fn log_source(normalizer: &Normalizer<'_>, event: Option<&Event>) -> Option<LogSource> {
    normalizer.log_source(event?.log_source).cloned()
}

fn normalize(normalizer: &mut Normalizer<'_>, record: RawRecord, id: EventId) -> Option<Event> {
    normalizer.normalize(record, (0, id.number()), Fields::default()).ok()
}
