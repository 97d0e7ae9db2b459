//! What the records do not show, and which log source would have.

use quell_model::{EntityKind, MissingTelemetry, Step};

use crate::plot::Plot;

/// Log sources whose absence limits this story.
pub(crate) fn missing(plot: &Plot<'_>, chain: &[Step]) -> Vec<MissingTelemetry> {
    let has = |prefix: &str| plot.case.sources.keys().any(|source| source.starts_with(prefix));
    let about = |kind: EntityKind| chain.iter().any(|step| step.source_kind == kind || step.target_kind == kind);
    let mut missing = Vec::new();
    let mut add = |log_source: &str, would_show: &str| {
        missing.push(MissingTelemetry { log_source: log_source.to_owned(), would_show: would_show.to_owned() });
    };
    if about(EntityKind::Process) && !has("zeek") && !has("suricata") {
        add(
            "network sensor (Zeek, Suricata)",
            "how much was sent to the remote addresses, and what was downloaded from them",
        );
    }
    if about(EntityKind::Credential) && has("aws.cloudtrail") {
        if !has("aws.vpcflow") {
            add("VPC flow logs", "traffic with the address that used the credential, and how much was taken");
        }
        if !chain.iter().any(|step| step.action.contains("GetObject")) && about(EntityKind::Bucket) {
            add("CloudTrail data events for S3", "which objects were read");
        }
        if chain.iter().any(|step| step.inferred && step.source_kind == EntityKind::Resource) {
            add(
                "host or metadata-service logs of the instance",
                "how the credential left the instance; CloudTrail has no record of it",
            );
        }
    }
    missing
}
