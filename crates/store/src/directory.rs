//! The directory of stakeholders, tuning proposals, and what incidents have in common.

use std::collections::BTreeMap;

use quell_incident::similar::{SharedTrait, TraitKind};
use quell_incident::{Stakeholder, TuningProposal, TuningState};
use quell_model::{EntityKind, IncidentId, Viewer};
use serde::de::DeserializeOwned;

use crate::sql::{Row, Statement};
use crate::{EntityWordRow, StakeholderRow, Store, StoreError, TuningRow, project, visibility};

/// Names of one kind that are looked for in other incidents.
const NAMES_MAX: usize = 40;
/// Most incidents that are named for one trait; what more have says nothing.
const SHARING_MAX: i64 = 500;

impl Store {
    /// Everybody in the directory, by name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn stakeholders(&self) -> Result<Vec<StakeholderRow>, StoreError> {
        let sql = "SELECT id, version, body FROM stakeholder ORDER BY name, id";
        let row = |row: &Row| {
            let stakeholder: Stakeholder = body(row, 2)?;
            Ok(StakeholderRow { id: row.text(0)?.to_owned(), version: row.count(1)?, stakeholder })
        };
        self.database().query(sql, &[]).await?.iter().map(row).collect()
    }

    /// Tuning proposals whose alert the viewer may see, the newest first; one of them, if it is named.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn tuning(&self, viewer: &Viewer, id: Option<&str>) -> Result<Vec<TuningRow>, StoreError> {
        let mut statement: Statement = visibility::begin(viewer);
        statement.push(
            "SELECT tuning.id, tuning.version, tuning.state, tuning.reason, tuning.proposed_at, tuning.body FROM tuning \
            JOIN alert ON alert.id = tuning.alert_id WHERE 1 = 1",
        );
        visibility::alerts(&mut statement, viewer);
        statement.with_some(" AND tuning.id = ", id);
        statement.push(" ORDER BY tuning.proposed_at DESC, tuning.id");
        let row = |row: &Row| {
            let state = TuningState::parse(row.text(2)?);
            Ok(TuningRow {
                id: row.text(0)?.to_owned(),
                version: row.count(1)?,
                state: state.ok_or_else(|| StoreError::Damaged("a tuning proposal has an unknown state".to_owned()))?,
                reason: row.text(3)?.to_owned(),
                proposed_at: row.time(4)?,
                proposal: body::<TuningProposal>(row, 5)?,
            })
        };
        self.database().query(&statement.sql, &statement.values).await?.iter().map(row).collect()
    }

    /// What was said about entities of this name, in incidents that the viewer may see, the latest first: the last word in
    /// each.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn entity_words(&self, viewer: &Viewer, name: &str) -> Result<Vec<EntityWordRow>, StoreError> {
        let mut statement = visibility::begin(viewer);
        statement.push(
            "SELECT entity_word.incident_id, entity_word.kind, entity_word.name, entity_word.word, entity_word.at, \
            entity_word.seq FROM entity_word JOIN incident ON incident.id = entity_word.incident_id \
            WHERE entity_word.seq IN (SELECT max(seq) FROM entity_word WHERE name = ",
        );
        statement.bind(name.to_lowercase()).push(" GROUP BY incident_id, kind)");
        visibility::incidents(&mut statement, viewer);
        statement.push(" ORDER BY entity_word.seq DESC");
        let row = |row: &Row| {
            let kind = EntityKind::ALL.into_iter().find(|kind| row.text(1).is_ok_and(|name| name == kind.as_str()));
            Ok(EntityWordRow {
                incident: IncidentId::new(row.text(0)?),
                kind: kind.ok_or_else(|| StoreError::Damaged("an entity has an unknown kind".to_owned()))?,
                name: row.text(2)?.to_owned(),
                word: row.text(3)?.to_owned(),
                at: row.time(4)?,
                entry: row.count(5)?,
            })
        };
        self.database().query(&statement.sql, &statement.values).await?.iter().map(row).collect()
    }

    /// Which other incidents that the viewer may see have these traits.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn sharing(
        &self,
        viewer: &Viewer,
        own: &IncidentId,
        (kind, names): (TraitKind, &[String]),
    ) -> Result<Vec<SharedTrait>, StoreError> {
        let mut found: BTreeMap<String, Vec<IncidentId>> = BTreeMap::new();
        let statements = match kind {
            TraitKind::Principal => names.iter().take(NAMES_MAX).map(|name| principal(viewer, name)).collect(),
            _ => names.iter().take(NAMES_MAX).map(|name| listed(viewer, kind, name)).collect::<Vec<_>>(),
        };
        for mut statement in statements {
            statement.with(" AND incident.id <> ", own.as_str());
            statement.push(" AND incident.status NOT IN ('merged', 'withdrawn')");
            visibility::incidents(&mut statement, viewer);
            statement.push(" ORDER BY incident.opened_at DESC, incident.id LIMIT ").bind(SHARING_MAX);
            for row in self.database().query(&statement.sql, &statement.values).await? {
                let incidents = found.entry(row.text(0)?.to_owned()).or_default();
                let incident = IncidentId::new(row.text(1)?);
                if !incidents.contains(&incident) {
                    incidents.push(incident);
                }
            }
        }
        Ok(found.into_iter().map(|(name, incidents)| SharedTrait { kind, name, incidents }).collect())
    }
}

/// Rows of name and incident for a trait that has a table.
fn listed(viewer: &Viewer, kind: TraitKind, name: &str) -> Statement {
    let (table, column, more) = match kind {
        TraitKind::Host => ("incident_host", "host", ""),
        TraitKind::Technique => ("incident_technique", "technique", ""),
        TraitKind::Affected | TraitKind::Principal => (
            "entity_word",
            "name",
            " AND entity_word.word IN ('affected', 'retired') AND NOT EXISTS (SELECT 1 FROM entity_word AS later \
            WHERE later.name = entity_word.name AND later.incident_id = entity_word.incident_id \
            AND later.kind = entity_word.kind AND later.seq > entity_word.seq)",
        ),
    };
    let mut statement = visibility::begin(viewer);
    statement.push(&format!(
        "SELECT {table}.{column}, incident.id FROM {table} JOIN incident ON incident.id = {table}.incident_id \
        WHERE {table}.{column} = "
    ));
    let folded = if kind == TraitKind::Technique { name.to_uppercase() } else { name.to_lowercase() };
    statement.bind(folded).push(more);
    statement
}

/// Rows of name and incident for an account; the list of an incident is JSON.
fn principal(viewer: &Viewer, name: &str) -> Statement {
    let quoted = project::list(&[name]);
    let quoted = quoted.trim_start_matches('[').trim_end_matches(']');
    let pattern: String =
        quoted.chars().flat_map(|c| matches!(c, '%' | '_' | '!').then_some('!').into_iter().chain([c])).collect();
    let mut statement = visibility::begin(viewer);
    statement
        .push("SELECT ")
        .bind(name)
        .push(", incident.id FROM incident WHERE lower(incident.principals) LIKE lower(");
    statement.bind(format!("%{pattern}%")).push(") ESCAPE '!'");
    statement
}

fn body<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, StoreError> {
    serde_json::from_str(row.text(column)?).map_err(|error| StoreError::Damaged(error.to_string()))
}
