//! Records and events.

use serde::{Deserialize, Serialize};

use crate::{Entity, Fields, Timestamp, Verb};

/// Where a record came from. Together with the input's name it is the evidence that a claim points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordRef {
    /// Index of the input in the run's list of inputs.
    pub input: u32,
    /// Position of the record in its input, from 1. With `input` it is unique.
    pub position: u64,
    /// Index of the mapping that read it, in the order in which mappings were added.
    pub source: u16,
    /// What a reader looks for: EventRecordID where the source has one, else the line or element number, from 1.
    pub number: u64,
}

/// A part of an input that could not be read as a record. Kept and counted, never dropped in silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Byte offset in the (decompressed) input.
    pub offset: u64,
    /// What is wrong, for a reader.
    pub reason: String,
}

/// OCSF class and activity of an event (schema 1.x `class_uid` and `activity_id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OcsfClass {
    /// `class_uid`, for example 1007 for Process Activity.
    pub class_uid: u32,
    /// `activity_id` within the class; 99 is "other".
    pub activity_id: u8,
}

impl OcsfClass {
    /// Base Event: what is known is only that something was logged.
    pub const BASE: OcsfClass = OcsfClass { class_uid: 0, activity_id: 0 };
}

/// The Sigma log source an event belongs to. A rule applies when each part it names is equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LogSource {
    /// For example `windows`.
    pub product: String,
    /// For example `process_creation`; an event can belong to several (`registry_set` and `registry_event`).
    pub categories: Vec<String>,
    /// For example `sysmon`.
    pub services: Vec<String>,
}

/// What one event says happened between two entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The cause.
    pub from: Entity,
    /// What it did.
    pub verb: Verb,
    /// The effect.
    pub to: Entity,
}

/// A normalised record.
#[derive(Debug, Clone)]
pub struct Event {
    /// Where it came from.
    pub record: RecordRef,
    /// Which mapping read it, for example `aws.cloudtrail`.
    pub source: std::sync::Arc<str>,
    /// OCSF class and activity.
    pub class: OcsfClass,
    /// When it happened, if the record says so.
    pub time: Option<Timestamp>,
    /// Index of the event's [`LogSource`] in the normaliser's table.
    pub log_source: u32,
    /// Source's own word for the event, for example `ConsoleLogin` or `Sysmon 1`.
    pub action: String,
    /// The record's own fields, as far as rules and mappings read them.
    pub fields: Fields,
    /// What happened between which entities.
    pub activities: Vec<Activity>,
    /// Who or what an alert on this event is about, strongest first.
    pub subjects: Vec<Entity>,
    /// The untouched record.
    pub raw: Vec<u8>,
}
