//! Alerts as a viewer may see them.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::AlertStatus;
use quell_model::{AlertGroupId, AlertId, EventId, IncidentId, UserId, Viewer};

use crate::page::{self, Key};
use crate::search::Query;
use crate::sql::{Engine, Row, Statement};
use crate::{
    AlertFilter, AlertGroup, AlertRow, Counts, Page, PageQuery, Sort, Store, StoreError, counts, project, search,
    visibility,
};

const COLUMNS: &str = "alert.id, alert.group_id, alert.event, alert.source, alert.mapping, alert.rule_id, alert.title, \
    alert.severity, alert.tags, alert.time, alert.subject, alert.matched, alert.raised_at, alert.status, alert.assignee, \
    alert.reason, alert.incident_id, alert.version, alert.duplicate_of, alert.num";
/// Values of one list in a statement.
const LIST_MAX: usize = 500;
/// Counts by what alerts say or when they were go so far and no further.
pub const COUNT_MAX: u64 = 5_000;
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
        let plan = self.plan(filter, page.sort).await?;
        let mut statement = visibility::begin(viewer);
        statement.push(&format!("SELECT {COLUMNS}"));
        plan.select(&mut statement, viewer, filter);
        after(&mut statement, &plan, page)?;
        statement.with(" LIMIT ", page::limit(page) + 1);
        let mut rows = self.database().query(&statement.sql, &statement.values).await?;
        let more = rows.len() > page::limit(page) as usize;
        rows.truncate(page::limit(page) as usize);
        let next = rows.last().filter(|_| more).map(|last| cursor(page.sort, last)).transpose()?;
        Ok(Page { items: rows.iter().map(alert).collect::<Result<_, _>>()?, next })
    }

    /// How many alerts there are. By what they say and when they were, it is counted to [`COUNT_MAX`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn count_alerts(&self, viewer: &Viewer, filter: &AlertFilter) -> Result<Counts, StoreError> {
        let exact = filter.is_of_kinds();
        let statement = if exact { self.kinds(viewer, filter) } else { self.newest(viewer, filter).await? };
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        let counts = counts::counts(&rows, &AlertStatus::ALL.map(AlertStatus::as_str))?;
        Ok(Counts { at_least: !exact && counts.total >= COUNT_MAX, ..counts })
    }

    /// Numbers out of the totals.
    fn kinds(&self, viewer: &Viewer, filter: &AlertFilter) -> Statement {
        let (engine, broad) = (self.database().engine(), Broad::default());
        let plan = Plan { engine, through: Through::Alerts, words: Words::All, broad };
        let mut statement = visibility::begin(viewer);
        // Kinds of alerts are many, incidents and sources few: what may be seen is asked once for all that share both.
        statement.push(
            ", shared AS (SELECT nullif(alert.incident_id, '') AS incident_id, alert.source, alert.status, \
            alert.severity, alert.number FROM alert_total AS alert WHERE alert.number > 0",
        );
        narrow(&mut statement, &plan, filter);
        statement.push(
            ") SELECT alert.status, alert.severity, CAST(sum(alert.number) AS BIGINT) FROM shared AS alert WHERE 1 = 1",
        );
        visibility::alerts(&mut statement, viewer);
        statement.push(" GROUP BY alert.status, alert.severity");
        statement
    }

    /// Numbers of the newest.
    async fn newest(&self, viewer: &Viewer, filter: &AlertFilter) -> Result<Statement, StoreError> {
        let plan = self.plan(filter, Sort::Newest).await?;
        let mut statement = visibility::begin(viewer);
        statement.push("SELECT status, severity, count(*) FROM (SELECT alert.status, alert.severity");
        plan.select(&mut statement, viewer, filter);
        statement.push(&format!(" ORDER BY {} DESC", plan.through.number())).with(" LIMIT ", COUNT_MAX);
        statement.push(") AS newest GROUP BY status, severity");
        Ok(statement)
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

    /// Groups of alerts; none if an alert of one of them is not there or not for this viewer.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn alert_groups(&self, viewer: &Viewer, ids: &[AlertId]) -> Result<Option<Vec<AlertGroup>>, StoreError> {
        let ids: BTreeSet<&str> = ids.iter().map(AlertId::as_str).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let (mut seen, mut groups) = (0, BTreeSet::new());
        for ids in ids.chunks(LIST_MAX) {
            let mut statement = visibility::begin(viewer);
            statement.push("SELECT alert.group_id FROM alert WHERE alert.id IN ").list(ids.iter().copied());
            visibility::alerts(&mut statement, viewer);
            for row in self.database().query(&statement.sql, &statement.values).await? {
                seen += 1;
                groups.insert(row.text(0)?.to_owned());
            }
        }
        if seen < ids.len() {
            return Ok(None);
        }
        let groups: Vec<String> = groups.into_iter().collect();
        let found = self.groups(&groups).await?;
        // Whoever moves a group moves all of it.
        let mut visible = 0;
        for groups in groups.chunks(LIST_MAX) {
            let mut statement = visibility::begin(viewer);
            statement.push("SELECT count(*) FROM alert WHERE alert.group_id IN ").list(groups);
            visibility::alerts(&mut statement, viewer);
            let row = self.database().one(&statement.sql, &statement.values).await?;
            visible += row.map_or(Ok(0), |row| row.count(0))?;
        }
        let all: u64 = found.iter().map(|group| group.alerts).sum();
        Ok((visible == all).then_some(found))
    }

    /// Groups of alerts that belong to an incident now. For what happens to all of it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn groups_of(&self, incident: &IncidentId) -> Result<Vec<AlertGroup>, StoreError> {
        let sql = "SELECT group_id FROM alert_group WHERE incident_id = $1 ORDER BY group_id";
        let rows = self.database().query(sql, &[incident.as_str().into()]).await?;
        let groups = rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>, StoreError>>()?;
        self.groups(&groups).await
    }

    async fn groups(&self, groups: &[String]) -> Result<Vec<AlertGroup>, StoreError> {
        let mut found: BTreeMap<AlertGroupId, AlertGroup> = BTreeMap::new();
        for groups in groups.chunks(LIST_MAX) {
            let sql = "SELECT group_id, source, tags, incident_id, count(*), min(time), max(time) FROM alert \
                WHERE group_id IN ";
            let mut statement = Statement::new(sql);
            statement.list(groups).push(" GROUP BY group_id, source, tags, incident_id ORDER BY group_id, source");
            for row in self.database().query(&statement.sql, &statement.values).await? {
                add_to_group(&mut found, &row)?;
            }
        }
        Ok(found.into_values().collect())
    }
}

fn add_to_group(found: &mut BTreeMap<AlertGroupId, AlertGroup>, row: &Row) -> Result<(), StoreError> {
    let id = AlertGroupId::new(row.text(0)?);
    let (incident, tags) = (row.maybe_text(3)?.map(IncidentId::new), counts::list(row, 2)?);
    let empty = AlertGroup { id: id.clone(), incident, alerts: 0, sources: Vec::new(), tags, first: None, last: None };
    let group = found.entry(id).or_insert(empty);
    group.alerts += row.count(4)?;
    if group.sources.last().map(String::as_str) != Some(row.text(1)?) {
        group.sources.push(row.text(1)?.to_owned());
    }
    group.first = group.first.into_iter().chain(row.maybe_time(5)?).min();
    group.last = group.last.into_iter().chain(row.maybe_time(6)?).max();
    Ok(())
}

/// How a statement goes about it. SQLite has no statistics here, and takes any index for a good one: where a condition keeps
/// most alerts, it must go through them in their order instead. PostgreSQL decides by itself.
struct Plan {
    engine: Engine,
    through: Through,
    words: Words,
    broad: Broad,
}

/// Alerts with the words of a query.
#[derive(Debug, Clone)]
enum Words {
    /// All: nothing is asked for.
    All,
    /// It is not known which.
    Any(Query),
    /// So many that an index does not help.
    Many(Query),
    /// These: a list of numbers as JSON.
    These(String),
}

/// What a statement goes through in the order of its numbers, and ends as soon as it has enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Through {
    Alerts,
    /// What the index of words finds.
    Words,
    /// What the index of techniques finds.
    Techniques,
}

impl Through {
    fn number(self) -> &'static str {
        match self {
            Through::Alerts => "alert.num",
            Through::Words => "alert_text.rowid",
            Through::Techniques => "alert_technique.num",
        }
    }
}

/// Which conditions keep so many alerts that an index does not help.
#[derive(Debug, Clone, Copy, Default)]
struct Broad {
    technique: bool,
    time: bool,
}

impl Plan {
    /// Appends ` FROM …` and all that is asked of a row.
    fn select(&self, statement: &mut Statement, viewer: &Viewer, filter: &AlertFilter) {
        match self.through {
            Through::Alerts => statement.push(" FROM alert WHERE 1 = 1"),
            // CROSS JOIN is SQLite's word for "in this order".
            Through::Words => {
                statement.push(" FROM alert_text CROSS JOIN alert ON alert.num = alert_text.rowid WHERE 1 = 1")
            }
            Through::Techniques => {
                statement.push(" FROM alert_technique CROSS JOIN alert ON alert.num = alert_technique.num WHERE 1 = 1")
            }
        };
        visibility::alerts(statement, viewer);
        narrow(statement, self, filter);
    }

    /// A column under a name that no index has, or the column.
    fn column(&self, name: &str, broad: bool) -> String {
        let hidden = broad && self.engine == Engine::Sqlite;
        format!(" AND {}alert.{name}", if hidden { "+" } else { "" })
    }
}

impl Store {
    async fn plan(&self, filter: &AlertFilter, sort: Sort) -> Result<Plan, StoreError> {
        let engine = self.database().engine();
        let AlertFilter { text, technique, since, until, .. } = filter;
        let query = match text {
            Some(text) => search::query(self.database(), "alert", text).await?,
            None => None,
        };
        let (mut through, mut words, mut broad) =
            (Through::Alerts, query.map_or(Words::All, Words::Any), Broad::default());
        if engine == Engine::Postgres {
            return Ok(Plan { engine, through, words, broad });
        }
        if let (Sort::Severity, Words::Any(query)) = (sort, &words) {
            words = self.found(query.clone()).await?;
        }
        match sort {
            Sort::Newest if matches!(words, Words::Any(_)) => through = Through::Words,
            Sort::Newest if technique.is_some() => through = Through::Techniques,
            Sort::Newest | Sort::Severity => {}
        }
        if let Some(technique) = technique.as_ref().filter(|_| through != Through::Techniques) {
            let mut statement =
                Statement::new("SELECT count(*) FROM (SELECT 1 FROM alert_technique WHERE technique = ");
            statement.bind(technique.to_uppercase());
            broad.technique = self.exceeds(statement).await?;
        }
        if since.is_some() || until.is_some() {
            let mut statement = Statement::new("SELECT count(*) FROM (SELECT 1 FROM alert WHERE 1 = 1");
            statement.with_some(" AND time >= ", *since).with_some(" AND time <= ", *until);
            broad.time = self.exceeds(statement).await?;
        }
        Ok(Plan { engine, through, words, broad })
    }

    /// Alerts with the words of a query, unless they are many.
    async fn found(&self, query: Query) -> Result<Words, StoreError> {
        let mut statement = Statement::new("SELECT rowid FROM alert_text WHERE 1 = 1");
        search::matching(&mut statement, "alert", &query);
        statement.with(" LIMIT ", BROAD_ROWS + 1);
        let rows = self.database().query(&statement.sql, &statement.values).await?;
        if rows.len() as u64 > BROAD_ROWS {
            return Ok(Words::Many(query));
        }
        let numbers = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<i64>, _>>()?;
        Ok(Words::These(project::list(&numbers)))
    }

    /// Whether a statement that began with `SELECT count(*) FROM (SELECT 1` keeps many.
    async fn exceeds(&self, mut statement: Statement) -> Result<bool, StoreError> {
        statement.with(" LIMIT ", BROAD_ROWS + 1).push(")");
        let row = self.database().one(&statement.sql, &statement.values).await?;
        Ok(row.map_or(Ok(0), |row| row.count(0))? > BROAD_ROWS)
    }
}

fn narrow(statement: &mut Statement, plan: &Plan, filter: &AlertFilter) {
    if !filter.status.is_empty() {
        statement.push(" AND alert.status IN ").list(filter.status.iter().map(|status| status.as_str()));
    }
    if !filter.severity.is_empty() {
        statement.push(" AND alert.severity IN ").list(filter.severity.iter().map(|level| i64::from(*level as u8)));
    }
    statement.with_some(" AND alert.rule_id = ", filter.rule.as_deref());
    statement.with_some(" AND alert.source = ", filter.source.as_deref());
    statement.with_some(" AND alert.incident_id = ", filter.incident.as_ref().map(IncidentId::as_str));
    statement.with_some(" AND alert.group_id = ", filter.group.as_ref().map(AlertGroupId::as_str));
    if let Some(technique) = filter.technique.as_ref().map(|technique| technique.to_uppercase()) {
        match plan {
            Plan { through: Through::Techniques, .. } => {
                statement.with(" AND alert_technique.technique = ", technique);
            }
            Plan { broad: Broad { technique: true, .. }, .. } => {
                let sql =
                    " AND EXISTS (SELECT 1 FROM alert_technique AS it WHERE it.num = alert.num AND it.technique = ";
                statement.with(sql, technique).push(")");
            }
            _ => {
                let sql = " AND alert.num IN (SELECT num FROM alert_technique WHERE technique = ";
                statement.with(sql, technique).push(")");
            }
        }
    }
    let time = plan.column("time", plan.broad.time);
    statement.with_some(&format!("{time} >= "), filter.since).with_some(&format!("{time} <= "), filter.until);
    match &plan.words {
        Words::All => {}
        Words::Any(query) if plan.through == Through::Words => search::matching(statement, "alert", query),
        Words::Any(query) => search::condition(statement, plan.engine, ("alert", "alert.num"), query),
        Words::Many(query) => search::condition(statement, plan.engine, ("alert", "+alert.num"), query),
        Words::These(numbers) => {
            statement.with(" AND alert.num IN (SELECT value FROM json_each(", numbers.as_str()).push("))");
        }
    }
}

/// Appends where the page begins, and the order.
fn after(statement: &mut Statement, plan: &Plan, page: &PageQuery) -> Result<(), StoreError> {
    match page.sort {
        Sort::Newest => {
            if let Some(Key { numbers, .. }) = page::decode("a", page, 1)? {
                statement.with(&format!(" AND {} < ", plan.through.number()), numbers[0]);
            }
            statement.push(&format!(" ORDER BY {} DESC", plan.through.number()));
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
        duplicate_of: row.maybe_text(18)?.map(AlertId::new),
    })
}
