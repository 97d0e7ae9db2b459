//! What a viewer may see, as SQL. Each read of incidents, alerts and sources is made with these conditions; there is no
//! other place that hides something.
//!
//! A restricted incident is seen by its members. Another one is seen by its team, if it has one, else by whoever may see all
//! its sources. An alert is hidden with its source or with its incident.

use quell_model::{TeamId, Viewer};

use crate::sql::Statement;

/// A statement that begins with the table `hidden_source`: names of sources that the viewer must not see.
pub(crate) fn begin(viewer: &Viewer) -> Statement {
    let mut statement = Statement::new("WITH hidden_source AS (SELECT source.name AS name FROM source WHERE ");
    hidden(&mut statement, viewer);
    statement.push(") ");
    statement
}

/// Appends what is true of a source that the viewer must not see.
pub(crate) fn hidden(statement: &mut Statement, viewer: &Viewer) {
    match viewer {
        Viewer::System => statement.push("1 = 0"),
        Viewer::User { teams, .. } if teams.is_empty() => statement.push("source.team IS NOT NULL"),
        Viewer::User { teams, .. } => {
            let teams = teams.iter().map(TeamId::as_str);
            statement.push("source.team IS NOT NULL AND source.team NOT IN ").list(teams)
        }
    };
}

/// Appends ` AND …` that keeps rows of `incident` that the viewer may see.
pub(crate) fn incidents(statement: &mut Statement, viewer: &Viewer) {
    let Viewer::User { user, teams } = viewer else { return };
    statement.push(
        " AND CASE WHEN incident.restricted <> 0 THEN EXISTS (SELECT 1 FROM incident_member \
        WHERE incident_member.incident_id = incident.id AND incident_member.user_id = ",
    );
    statement.bind(user.as_str()).push(") WHEN incident.team IS NOT NULL THEN ");
    if teams.is_empty() {
        statement.push("1 = 0");
    } else {
        statement.push("incident.team IN ").list(teams.iter().map(TeamId::as_str));
    }
    statement.push(
        " ELSE incident.id NOT IN (SELECT incident_source.incident_id FROM incident_source \
        JOIN hidden_source ON hidden_source.name = incident_source.source) END",
    );
}

/// Appends ` AND …` that keeps rows of `alert` that the viewer may see.
pub(crate) fn alerts(statement: &mut Statement, viewer: &Viewer) {
    if *viewer == Viewer::System {
        return;
    }
    statement.push(
        " AND alert.source NOT IN (SELECT name FROM hidden_source) AND (alert.incident_id IS NULL \
        OR EXISTS (SELECT 1 FROM incident WHERE incident.id = alert.incident_id",
    );
    incidents(statement, viewer);
    statement.push("))");
}
