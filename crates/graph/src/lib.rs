//! The activity graph: what did happen, as timestamped causal edges between entities.
//!
//! [`Builder`] takes observations in any order, [`ActivityGraph`] is what they amount to. [`stitch`] adds the hops that no
//! single record states, [`Attacker`] follows control backward to where it began and forward to what it touched. The
//! posture graph (what could happen) joins later in the same id space: it will propose edges where [`stitch`] now infers
//! them, and they will be marked the same way.
//!
//! Deterministic: the same observations give the same graph and the same ids, whatever order they came in. Pure.

mod build;
mod control;
mod graph;
mod policy;
mod resolve;
mod stitch;

pub use build::{About, AboutRecords, Builder, EntityId, Observation, RecordSet};
pub use control::{Attacker, Back, ends_walk, entry_candidates, is_remote, trace_back};
pub use graph::{ActivityGraph, Edge, EdgeId, Node, NodeId, Seen};
pub use policy::Policy;
