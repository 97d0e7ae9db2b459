//! Alerts as a viewer may see them.

use quell_incident::AlertStatus;
use quell_model::{AlertGroupId, AlertId, EventId, IncidentId, UserId, Viewer};

use crate::page::{self, Key};
use crate::sql::{Engine, Row, Statement};
use crate::{AlertFilter, AlertRow, Counts, Page, PageQuery, Sort, Store, StoreError, counts, search, visibility};

const COLUMNS: &str = "alert.id, alert.group_id, alert.event, alert.source, alert.mapping, alert.rule_id, alert.title, \
    alert.severity, alert.tags, alert.time, alert.subject, alert.matched, alert.raised_at, alert.status, alert.assignee, \
    alert.reason, alert.incident_id, alert.version, alert.num";
/// Values of one list in a statement.
const LIST_MAX: usize = 500;
/// A condition that keeps more alerts than this is broad.
const BROAD_ROWS: u64 = 5_000;

impl Store {
    /// A page of alerts.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], or the store cannot be read.
    pub async fn alerts(
        &self,
        viewer: &Viewer,
        filter: &AlertFilter,
        page: &PageQuery,
    ) -> Result<Page<AlertRow>, StoreError> {
        let mut statement = visibility::begin(viewer);
        statement.push(&format!("SELECT {COLUMNS} FROM alert WHERE 1 = 1"));
        visibility::alerts(&mut statement, viewer);
        let plan = Plan { engine: self.database().engine(), broad: self.broad(filter).await?, all: false };
        narrow(&mut statement, &plan, filter);
        after(&mut statement, page)?;
        statement.with(" LIMIT ", page::limit(page) + 1);
        let mut rows = self.database().query(&statement.sql, &statement.values).await?;
        let more = rows.len() > page::limit(page) as usize;
        rows.truncate(page::limit(page) as usize);
        let next = rows.last().filter(|_| more).map(|last| cursor(page.sort, last)).transpose()?;
        Ok(Page { items: rows.iter().map(alert).collect::<Result<_, _>>()?, next })
    }

    /// How many alerts there are.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn count_alerts(&self, viewer: &Viewer, filter: &AlertFilter) -> Result<Counts, StoreError> {
        // Alerts are many, incidents and sources few: what may be seen is asked once for all that share both.
        let mut statement = visibility::begin(viewer);
        statement.push(", shared AS (");
        if filter.is_of_kinds() {
            statement.push(
                "SELECT nullif(alert.incident_id, '') AS incident_id, alert.source, alert.status, alert.severity, \
                alert.number FROM alert_total AS alert WHERE alert.number > 0",
            );
            narrow(
                &mut statement,
                &Plan { engine: self.database().engine(), broad: Broad::default(), all: false },
                filter,
            );
        } else {
            let plan = Plan { engine: self.database().engine(), broad: self.broad(filter).await?, all: true };
            statement.push(
                "SELECT alert.incident_id, alert.source, alert.status, alert.severity, count(*) AS number FROM alert \
                WHERE 1 = 1",
            );
            narrow(&mut statement, &plan, filter);
            statement.push(" GROUP BY alert.incident_id, alert.source, alert.status, alert.severity");
        }
        statement.push(
            ") SELECT alert.status, alert.severity, CAST(sum(alert.number) AS BIGINT) FROM shared AS alert WHERE 1 = 1",
        );
        visibility::alerts(&mut statement, viewer);
        statement.push(" GROUP BY alert.status, alert.severity");
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        counts::counts(&rows, &AlertStatus::ALL.map(AlertStatus::as_str))
    }

    /// One alert; none if it is not there or not for this viewer.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn alert(&self, viewer: &Viewer, id: &AlertId) -> Result<Option<AlertRow>, StoreError> {
        let mut statement = visibility::begin(viewer);
        statement.push(&format!("SELECT {COLUMNS} FROM alert WHERE alert.id = ")).bind(id.as_str());
        visibility::alerts(&mut statement, viewer);
        let row = self.database().one(&statement.sql, &statement.values).await?;
        row.as_ref().map(alert).transpose()
    }

    /// Stream versions of those of the alerts that the viewer may see.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn alert_versions(&self, viewer: &Viewer, ids: &[AlertId]) -> Result<Vec<(AlertId, u64)>, StoreError> {
        let mut found = Vec::new();
        for ids in ids.chunks(LIST_MAX) {
            let mut statement = visibility::begin(viewer);
            statement.push("SELECT alert.id, alert.version FROM alert WHERE alert.id IN ");
            statement.list(ids.iter().map(AlertId::as_str));
            visibility::alerts(&mut statement, viewer);
            for row in self.database().query(&statement.sql, &statement.values).await? {
                found.push((AlertId::new(row.text(0)?), row.count(1)?));
            }
        }
        Ok(found)
    }
}

/// How SQLite is to go about a statement. It has no statistics here, and takes any index for a good one: where a condition
/// keeps most alerts, it must go through them in their order instead. PostgreSQL decides by itself.
struct Plan {
    engine: Engine,
    broad: Broad,
    /// All alerts are looked at anyway, as for a count.
    all: bool,
}

/// Which conditions keep so many alerts that an index does not help.
#[derive(Debug, Clone, Copy, Default)]
struct Broad {
    text: bool,
    technique: bool,
    time: bool,
}

impl Plan {
    /// A column under a name that no index has, or the column.
    fn column(&self, name: &str, broad: bool) -> String {
        let hidden = broad && self.engine == Engine::Sqlite;
        format!(" AND {}alert.{name}", if hidden { "+" } else { "" })
    }
}

impl Store {
    async fn broad(&self, filter: &AlertFilter) -> Result<Broad, StoreError> {
        if self.database().engine() != Engine::Sqlite {
            return Ok(Broad::default());
        }
        let mut broad = Broad::default();
        if let Some(text) = &filter.text {
            let mut statement = Statement::new("SELECT count(*) FROM (SELECT 1 FROM alert_text WHERE 1 = 1");
            search::matching(&mut statement, "alert", text);
            broad.text = self.exceeds(statement).await?;
        }
        if let Some(technique) = &filter.technique {
            let mut statement =
                Statement::new("SELECT count(*) FROM (SELECT 1 FROM alert_technique WHERE technique = ");
            statement.bind(technique.to_uppercase());
            broad.technique = self.exceeds(statement).await?;
        }
        if filter.since.is_some() || filter.until.is_some() {
            let mut statement = Statement::new("SELECT count(*) FROM (SELECT 1 FROM alert WHERE 1 = 1");
            statement.with_some(" AND time >= ", filter.since).with_some(" AND time <= ", filter.until);
            broad.time = self.exceeds(statement).await?;
        }
        Ok(broad)
    }

    async fn exceeds(&self, mut statement: Statement) -> Result<bool, StoreError> {
        statement.with(" LIMIT ", BROAD_ROWS + 1).push(")");
        let row = self.database().one(&statement.sql, &statement.values).await?;
        Ok(row.map_or(Ok(0), |row| row.count(0))? > BROAD_ROWS)
    }
}

fn narrow(statement: &mut Statement, plan: &Plan, filter: &AlertFilter) {
    if !filter.status.is_empty() {
        let sql = format!("{} IN ", plan.column("status", plan.all));
        statement.push(&sql).list(filter.status.iter().map(|status| status.as_str()));
    }
    if !filter.severity.is_empty() {
        let sql = format!("{} IN ", plan.column("severity", plan.all));
        statement.push(&sql).list(filter.severity.iter().map(|level| i64::from(*level as u8)));
    }
    statement.with_some(" AND alert.rule_id = ", filter.rule.as_deref());
    statement.with_some(" AND alert.source = ", filter.source.as_deref());
    statement.with_some(" AND alert.incident_id = ", filter.incident.as_ref().map(IncidentId::as_str));
    statement.with_some(" AND alert.group_id = ", filter.group.as_ref().map(AlertGroupId::as_str));
    if let Some(technique) = &filter.technique {
        let sql = plan.column("num", plan.broad.technique);
        statement.push(&format!("{sql} IN (SELECT num FROM alert_technique WHERE technique = "));
        statement.bind(technique.to_uppercase()).push(")");
    }
    let time = plan.column("time", plan.broad.time);
    statement.with_some(&format!("{time} >= "), filter.since).with_some(&format!("{time} <= "), filter.until);
    if let Some(text) = &filter.text {
        search::condition(statement, plan.engine, &plan.column("num", plan.broad.text), text);
    }
}

/// Appends where the page begins, and the order.
fn after(statement: &mut Statement, page: &PageQuery) -> Result<(), StoreError> {
    match page.sort {
        Sort::Newest => {
            if let Some(Key { numbers, .. }) = page::decode("a", page, 1)? {
                statement.with(" AND alert.num < ", numbers[0]);
            }
            statement.push(" ORDER BY alert.num DESC");
        }
        Sort::Severity => {
            if let Some(Key { numbers, .. }) = page::decode("a", page, 2)? {
                statement.push(" AND (alert.severity, alert.num) < (").bind(numbers[0]);
                statement.with(", ", numbers[1]).push(")");
            }
            statement.push(" ORDER BY alert.severity DESC, alert.num DESC");
        }
    }
    Ok(())
}

fn cursor(sort: Sort, last: &Row) -> Result<String, StoreError> {
    let (severity, number) = (last.int("severity")?, last.int("num")?);
    let numbers = match sort {
        Sort::Newest => vec![number],
        Sort::Severity => vec![severity, number],
    };
    Ok(page::encode("a", sort, &Key { numbers, id: String::new() }))
}

fn alert(row: &Row) -> Result<AlertRow, StoreError> {
    let status =
        AlertStatus::parse(row.text(13)?).ok_or_else(|| StoreError::Damaged("the status of an alert".to_owned()))?;
    Ok(AlertRow {
        id: AlertId::new(row.text(0)?),
        group: AlertGroupId::new(row.text(1)?),
        event: EventId::from_number(row.count(2)?),
        source: row.text(3)?.to_owned(),
        mapping: row.text(4)?.to_owned(),
        rule_id: row.text(5)?.to_owned(),
        title: row.text(6)?.to_owned(),
        level: counts::level(row.int(7)?)?,
        tags: counts::list(row, 8)?,
        time: row.maybe_time(9)?,
        subject: row.text(10)?.to_owned(),
        matched: row.text(11)?.to_owned(),
        raised_at: row.time(12)?,
        status,
        assignee: row.maybe_text(14)?.map(UserId::new),
        reason: row.text(15)?.to_owned(),
        incident: row.maybe_text(16)?.map(IncidentId::new),
        version: row.count(17)?,
    })
}
