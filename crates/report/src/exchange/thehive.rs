//! Cases of TheHive, versions 4 and 5, as their interface answers them: a case alone, or as `case` beside lists of its tasks
//! with their logs, observables, procedures, comments, pages, moments of its timeline and alerts.
//!
//! The two versions differ in the names of fields more than in what they say: each field is read under both names.

use quell_incident::Status;
use quell_incident::carried::CarriedIncident;
use quell_incident::timeline::MomentKind;
use quell_model::{EntityKind, Level, Timestamp};
use serde_json::Value;

use super::foreign::{Carrier, Head, MomentThere, Paragraphs, Place, Table, TaskEnd, TaskThere, When, level};
use super::record::{ExchangeError, Record, plain};
use crate::words;

const PROGRAM: &str = "TheHive";
const EXPECTED: &str =
    "a case of TheHive: an object with title, number and times, alone or as `case` beside lists of its parts";

const CREATED_AT: [&str; 2] = ["_createdAt", "createdAt"];
const CREATED_BY: [&str; 2] = ["_createdBy", "createdBy"];
const UPDATED_AT: [&str; 2] = ["_updatedAt", "updatedAt"];

/// Names of the numbers. A 3 is red in version 4, and amber for the organisation only in version 5, which names it beside the
/// number: without a name the stricter one holds.
const TLP: [&str; 5] = ["CLEAR", "GREEN", "AMBER", "RED", "RED"];
const PAP: [&str; 4] = ["CLEAR", "GREEN", "AMBER", "RED"];

/// Fields that say how TheHive keeps something, or what follows from other fields.
const IDLE: [&str; 32] = [
    "_id",
    "_parent",
    "_routing",
    "_type",
    "_updatedAt",
    "_updatedBy",
    "_version",
    "access",
    "alertDate",
    "alertImportedDate",
    "alertInProgressDate",
    "alertNewDate",
    "case",
    "caseId",
    "case_task",
    "external",
    "extraData",
    "handlingDuration",
    "id",
    "ignoreSimilarity",
    "order",
    "permissions",
    "seen",
    "stats",
    "timeToAcknowledge",
    "timeToDetect",
    "timeToQualify",
    "timeToResolve",
    "timeToTriage",
    "updatedAt",
    "updatedBy",
    "userPermissions",
];

/// A case of TheHive as an incident that can be carried over.
///
/// # Errors
/// It is no case of TheHive.
pub fn from_thehive(export: &Value) -> Result<CarriedIncident, ExchangeError> {
    let export = match export.as_array().map(Vec::as_slice) {
        Some([one]) => one,
        _ => export,
    };
    let (parts, mut case) = find(export)?;
    let opened_at = case.first_millis(&["startDate", "newDate", "_createdAt", "createdAt"]);
    let columns = &["Kind", "Value", "IOC", "Sighted", "TLP / PAP", "Tags", "About", "By"];
    let mut reader = Reader {
        carrier: Carrier::new(PROGRAM, opened_at, earliest(export)),
        observables: Table::new("Observables of the case in TheHive", columns, None),
        files: Table::new(
            "Files of the case in TheHive",
            &["Name", "Where", "Bytes", "Type", "Hashes", "At", "By"],
            None,
        ),
    };
    let head = reader.case(&mut case);
    match parts {
        Some(mut parts) => reader.parts(&mut parts),
        None => reader.carrier.gap("case alone: its tasks, observables and comments are not in the export"),
    }
    let Reader { mut carrier, observables, files } = reader;
    carrier.table(observables);
    carrier.table(files);
    Ok(carrier.finish(&head))
}

/// What lies beside the case, if something does, and the case.
fn find(export: &Value) -> Result<(Option<Record<'_>>, Record<'_>), ExchangeError> {
    let beside = export.get("case").filter(|case| case.is_object());
    let case = beside.unwrap_or(export);
    let parts = beside.and_then(|_| Record::of("export", export));
    match Record::of("case", case) {
        Some(record) if is_case(case) => Ok((parts, record)),
        _ => Err(ExchangeError::new(EXPECTED, case)),
    }
}

/// Whether at least two things speak for a case, and nothing against it: alerts look much the same.
fn is_case(value: &Value) -> bool {
    let is = |key: &str, form: fn(&Value) -> bool| value.get(key).is_some_and(form);
    let kind = value.get("_type").and_then(Value::as_str);
    let signs = [
        kind.is_some(),
        is("title", Value::is_string),
        is("number", Value::is_number) || is("caseId", Value::is_number),
        CREATED_AT.into_iter().any(|key| value.get(key).is_some()) || value.get("startDate").is_some(),
        is("_id", Value::is_string) || is("id", Value::is_string),
    ];
    let against = kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("case")) || value.get("sourceRef").is_some();
    !against && signs.into_iter().filter(|sign| *sign).count() >= 2
}

/// The earliest time at which a part of the case was made.
fn earliest(export: &Value) -> Option<Timestamp> {
    let lists = export.as_object()?.values().filter_map(Value::as_array).flatten();
    let times = lists.flat_map(|part| CREATED_AT.into_iter().filter_map(move |key| part.get(key)?.as_i64()));
    times.filter_map(|millis| Timestamp::from_millisecond(millis).ok()).min()
}

struct Reader {
    carrier: Carrier,
    observables: Table,
    files: Table,
}

impl Reader {
    fn case(&mut self, case: &mut Record<'_>) -> Head {
        let changed_at = case.first_millis(&UPDATED_AT);
        let opening = When { at: Some(self.carrier.opened_at()), by: created(case).by };
        let description = case.text("description").unwrap_or_default();
        self.carrier.note(opening, "Description of the case in TheHive", description);

        let mut fields = Table::new("Fields of the case there", &["Field", "Value"], changed_at);
        let number = case.integer("number").or(case.integer("caseId")).map(|number| number.to_string());
        let id = case.first_text(&["_id", "id"]);
        fields.pair("Number", number.as_deref());
        fields.pair("Id", id);
        let ended_at = self.status(case, &mut fields);
        let severity = severity(case, &mut fields);
        let tags = case.texts("tags");
        self.carrier.techniques_of(&tags);
        fields.pair("TLP", marking(case, "tlpLabel", "tlp", &TLP).as_deref());
        fields.pair("PAP", marking(case, "papLabel", "pap", &PAP).as_deref());
        fields.pair("Tags", Some(&tags.join(", ")));
        fields.pair("Assignee", case.first_text(&["assignee", "owner"]));
        fields.pair("Flagged", case.flag("flag").then_some("yes"));
        fields.pair("Template", case.text("caseTemplate"));
        for (name, value) in case.read_as("customFields", custom_fields).unwrap_or_default() {
            fields.pair(&name, Some(&value));
        }
        self.carrier.table(fields);

        let summary = case.text("summary").unwrap_or_default();
        let summed_up = When { at: ended_at.or(changed_at).or(opening.at), by: None };
        self.carrier.note(summed_up, "Summary of the case in TheHive", summary);

        // Numbers begin at one in each installation.
        let id = match (number, id) {
            (Some(number), Some(own)) => format!("{number} ({own})"),
            (number, own) => number.or(own.map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned()),
        };
        let title = case.text("title").map(str::to_owned).unwrap_or_else(|| {
            self.carrier.gap("title of the case: its number stands for it");
            format!("Case {id} of TheHive")
        });
        self.carrier.close(case, &IDLE);
        Head { id, title, severity }
    }

    /// How far work was; answers when it ended, if it did.
    fn status(&mut self, case: &mut Record<'_>, fields: &mut Table) -> Option<Timestamp> {
        let (stage, status) = (case.text("stage"), case.text("status"));
        let (resolution, impact) = (case.text("resolutionStatus"), case.text("impactStatus"));
        let begun_at = case.millis("inProgressDate");
        let closed_at = case.first_millis(&["closedDate", "endDate"]);
        fields.pair("Stage", stage);
        fields.pair("Status", status);
        fields.pair("Resolution", resolution);
        fields.pair("Impact", impact);
        fields.pair("Closed", closed_at.map(words::moment).as_deref());
        let Some(progress) = progress(stage, status) else {
            self.carrier.gap("status of the case, which is not known here: it stands among its fields");
            return None;
        };
        // In version 4 a case is open from its beginning.
        let from_beginning = stage.is_none() && matches!(status, Some("Open" | "Resolved" | "Duplicated"));
        let opened_at = Some(self.carrier.opened_at()).filter(|_| from_beginning || progress == Progress::Begun);
        let begun = begun_at.or(opened_at).filter(|_| progress != Progress::New).and_then(|at| {
            let when = When { at: Some(at), by: None };
            self.carrier.status(when, None, Status::Open, "open in TheHive")
        });
        if progress != Progress::Ended {
            return None;
        }
        let ended_at = closed_at.or_else(|| case.first_millis(&UPDATED_AT));
        self.ended(ended_at, begun, &[resolution, status], impact);
        ended_at
    }

    fn ended(&mut self, at: Option<Timestamp>, begun: Option<Place>, outcome: &[Option<&str>], impact: Option<&str>) {
        let false_positive = outcome.contains(&Some("FalsePositive"));
        let status = if false_positive { Status::FalsePositive } else { Status::Resolved };
        let outcome = outcome.iter().flatten().next().copied().unwrap_or("without an outcome");
        let impact = impact.map(|impact| format!(", impact: {impact}")).unwrap_or_default();
        self.carrier.status(When { at, by: None }, begun, status, &format!("closed in TheHive: {outcome}{impact}"));
    }

    fn parts(&mut self, parts: &mut Record<'_>) {
        for mut task in self.carrier.records(parts, "task", "tasks") {
            self.task(&mut task);
        }
        for key in ["observables", "artifacts"] {
            for mut observable in self.carrier.records(parts, "observable", key) {
                self.observable(&mut observable);
            }
        }
        for mut procedure in self.carrier.records(parts, "procedure", "procedures") {
            self.procedure(&mut procedure);
        }
        for mut comment in self.carrier.records(parts, "comment", "comments") {
            let when = created(&mut comment);
            if comment.flag("isEdited") {
                self.carrier.gap("earlier text of a comment that was changed there");
            }
            self.carrier.note(when, "Comment in TheHive", comment.text("message").unwrap_or_default());
            self.carrier.close(&comment, &IDLE);
        }
        for mut page in self.carrier.records(parts, "page", "pages") {
            let (when, title) = (created(&mut page), page.text("title").unwrap_or("Page"));
            let mut text = Paragraphs::default();
            text.say(page.text("content"));
            text.label("Category", page.text("category").filter(|category| *category != "default"));
            self.carrier.page(when, title, &text.joined());
            self.carrier.close(&page, &IDLE);
        }
        for mut event in self.carrier.records(parts, "moment of the timeline", "timeline") {
            self.event(&mut event);
        }
        self.alerts(parts);
        self.carrier.close(parts, &IDLE);
    }

    fn task(&mut self, task: &mut Record<'_>) {
        let title = task.text("title").unwrap_or("Task without a title");
        let (started_at, ended_at) = (task.millis("startDate"), task.millis("endDate"));
        let (made, changed_at) = (created(task), task.first_millis(&UPDATED_AT));
        let set = When { at: made.at.or(started_at), by: made.by };
        let end = |done: bool, text: &str| {
            let when = When { at: ended_at.or(changed_at).or(set.at), by: None };
            Some(TaskEnd { when, done, text: text.to_owned() })
        };
        let end = match task.text("status") {
            Some("Completed") => end(true, "completed in TheHive"),
            Some("Cancel" | "Cancelled") => end(false, "cancelled in TheHive"),
            Some("Waiting") => None,
            Some("InProgress") => {
                self.carrier.gap("task that somebody had begun: here it is one that is not done");
                None
            }
            _ => {
                self.carrier.gap("task whose state is not known here: it is one that is not done");
                None
            }
        };
        let (assignee, due_at) = (task.first_text(&["assignee", "owner"]), task.millis("dueDate"));
        self.carrier.task(&TaskThere { title, assignee, due_at, set, end });

        let mut about = Paragraphs::default();
        about.say(task.text("description"));
        about.label("Group", task.text("group").filter(|group| *group != "default"));
        about.label("Begun", started_at.map(words::moment).as_deref());
        about.label("Flagged", task.flag("flag").then_some("yes"));
        about.label("Mandatory", task.flag("mandatory").then_some("yes"));
        self.carrier.note(set, &format!("Task “{title}”"), &about.joined());
        for mut log in self.carrier.records(task, "task log", "logs") {
            self.log(&mut log, title);
        }
        self.carrier.close(task, &IDLE);
    }

    fn log(&mut self, log: &mut Record<'_>, task: &str) {
        if log.text("status") == Some("Deleted") {
            self.carrier.gap("task log that was deleted there");
            return;
        }
        let at = log.first_millis(&["date", "startDate", "_createdAt", "createdAt"]);
        let when = When { at, by: log.first_text(&["owner", "_createdBy", "createdBy"]) };
        let message = log.text("message").unwrap_or_default();
        let heading = format!("Log of the task “{task}”");
        match log.millis("includeInTimeline") {
            Some(at) => {
                let title = message.lines().find(|line| !line.trim().is_empty()).unwrap_or(&heading);
                let (kind, at) = (MomentKind::Action, Some(at));
                self.carrier.moment(when, &MomentThere { kind, at, title, text: &format!("{heading}\n\n{message}") });
            }
            None => self.carrier.note(when, &heading, message),
        }
        self.attached(log, &heading, when);
        self.carrier.close(log, &IDLE);
    }

    /// Files of a log or an observable: what is known of them.
    fn attached(&mut self, record: &mut Record<'_>, place: &str, when: When<'_>) {
        let mut files = self.carrier.records(record, "attached file", "attachments");
        files.extend(record.record("attached file", "attachment"));
        for mut file in files {
            let own = created(&mut file);
            let (at, by) = (own.at.or(when.at), own.by.or(when.by));
            let size = file.integer("size").map(|size| size.to_string());
            let (hashes, time) = (file.texts("hashes").join(", "), at.map(words::moment));
            let (name, kind) = (file.text("name"), file.text("contentType"));
            self.files.row(at, &[name, Some(place), size.as_deref(), kind, Some(hashes.as_str()), time.as_deref(), by]);
            self.carrier.gap("attached file: it is not in the export; what is known of it stands in a note");
            self.carrier.close(&file, &IDLE);
        }
    }

    fn observable(&mut self, observable: &mut Record<'_>) {
        let made = created(observable);
        let when = When { at: made.at.or(observable.millis("startDate")), by: made.by };
        let kind = observable.text("dataType").unwrap_or("other");
        let tags = observable.texts("tags");
        self.carrier.techniques_of(&tags);
        let tags = tags.join(", ");
        let tlp = marking(observable, "tlpLabel", "tlp", &TLP);
        let pap = marking(observable, "papLabel", "pap", &PAP);
        let (ioc, sighted) = (observable.flag("ioc"), observable.flag("sighted"));
        let sighted_at = observable.millis("sightedAt").map(words::moment);
        let sighted = sighted.then(|| sighted_at.unwrap_or_else(|| "yes".to_owned()));
        let (data, message) = (observable.text("data"), observable.text("message"));

        let mut about = Paragraphs::default();
        let mark = if ioc { ", marked as an indicator of compromise" } else { "" };
        about.say(Some(&format!("Observable of the kind {kind} in TheHive{mark}")));
        about.say(message);
        about.label("Sighted", sighted.as_deref());
        about.label("Tags", Some(&tags));
        about.label("TLP", tlp.as_deref());
        about.label("PAP", pap.as_deref());
        let entity = entity_kind(kind).zip(data);
        let added = entity.is_some_and(|(kind, name)| self.carrier.entity(when, kind, name, &about.joined()));
        if !added {
            let marks = format!("{} / {}", tlp.as_deref().unwrap_or("–"), pap.as_deref().unwrap_or("–"));
            let (ioc, marks, tags) = (ioc.then_some("yes"), Some(marks.as_str()), Some(tags.as_str()));
            let cells = [Some(kind), data, ioc, sighted.as_deref(), marks, tags, message, when.by];
            self.observables.row(when.at, &cells);
        }
        self.attached(observable, &format!("observable of the kind {kind}"), when);
        self.carrier.close(observable, &IDLE);
    }

    fn procedure(&mut self, procedure: &mut Record<'_>) {
        let when = created(procedure);
        let id = procedure.text("patternId");
        if id.is_some_and(|id| !self.carrier.technique(id)) {
            self.carrier.gap("technique of a procedure that is none of ATT&CK: it stands on the timeline only");
        }
        let name = procedure.text("patternName");
        let tactic = procedure.first_text(&["tacticLabel", "tactic"]);
        let named: Vec<&str> = [id, name].into_iter().flatten().collect();
        let tactic = tactic.map(|tactic| format!(" ({tactic})")).unwrap_or_default();
        let name = if named.is_empty() { "Procedure".to_owned() } else { named.join(" ") };
        let title = format!("{name}{tactic}");
        let (at, text) = (procedure.millis("occurDate"), procedure.text("description").unwrap_or_default());
        self.carrier.moment(when, &MomentThere { kind: MomentKind::Event, at, title: &title, text });
        self.carrier.close(procedure, &IDLE);
    }

    fn event(&mut self, event: &mut Record<'_>) {
        let when = created(event);
        let mut text = Paragraphs::default();
        text.say(event.text("description"));
        text.label("Until", event.millis("endDate").map(words::moment).as_deref());
        let (at, title) = (event.millis("date"), event.text("title").unwrap_or("Moment without a title"));
        self.carrier.moment(when, &MomentThere { kind: MomentKind::Event, at, title, text: &text.joined() });
        self.carrier.close(event, &IDLE);
    }

    fn alerts(&mut self, parts: &mut Record<'_>) {
        let columns = &["Type", "Source", "Reference", "Title", "Severity", "At", "Link", "Status"];
        let mut alerts = Table::new("Alerts of the case in TheHive", columns, None);
        for mut alert in self.carrier.records(parts, "alert", "alerts") {
            let at = alert.millis("date");
            if let Some(at) = at {
                self.carrier.seen(at);
            }
            let severity = alert.integer("severity").map(|number| number.to_string());
            let severity = alert.text("severityLabel").map(str::to_owned).or(severity);
            let time = at.map(words::moment);
            let texts = ["type", "source", "sourceRef", "title"].map(|key| alert.text(key));
            let [kind, source, reference, title] = texts;
            let (link, status) = (alert.text("externalLink"), alert.text("status"));
            let cells = [kind, source, reference, title, severity.as_deref(), time.as_deref(), link, status];
            alerts.row(alert.first_millis(&CREATED_AT), &cells);
            self.carrier.gap("alert: what it is called stands in a note; what else it says is not carried over");
            self.carrier.close_read(&alert);
        }
        self.carrier.table(alerts);
    }
}

/// Who made something, and when.
fn created<'a>(record: &mut Record<'a>) -> When<'a> {
    When { at: record.first_millis(&CREATED_AT), by: record.first_text(&CREATED_BY) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    New,
    Begun,
    Ended,
}

/// Version 5 has a stage, as each installation names its own statuses; version 4 has a status.
fn progress(stage: Option<&str>, status: Option<&str>) -> Option<Progress> {
    match (stage, status) {
        (Some("New"), _) | (None, Some("New")) => Some(Progress::New),
        (Some("InProgress"), _) | (None, Some("InProgress" | "Open")) => Some(Progress::Begun),
        (Some("Closed"), _)
        | (None, Some("Resolved" | "Duplicated" | "Deleted" | "Indeterminate"))
        | (None, Some("FalsePositive" | "TruePositive" | "Other")) => Some(Progress::Ended),
        _ => None,
    }
}

fn severity(case: &mut Record<'_>, fields: &mut Table) -> Option<Level> {
    let (number, label) = (case.integer("severity"), case.text("severityLabel"));
    fields.pair("Severity", label.map(str::to_owned).or(number.map(|number| number.to_string())).as_deref());
    match number {
        Some(1) => Some(Level::Low),
        Some(2) => Some(Level::Medium),
        Some(3) => Some(Level::High),
        Some(4) => Some(Level::Critical),
        _ => label.and_then(level),
    }
}

/// How far something may be told: by its name, or by the name of its number.
fn marking(record: &mut Record<'_>, label: &'static str, number: &'static str, names: &[&str]) -> Option<String> {
    let (label, number) = (record.text(label), record.integer(number));
    let name = number.and_then(|number| usize::try_from(number).ok()).and_then(|number| names.get(number));
    let name = label.or(name.copied()).map(str::to_owned);
    name.or(number.map(|number| format!("{number}, which is not known here")))
}

/// What an observable is, if it is something that can be in scope.
fn entity_kind(kind: &str) -> Option<EntityKind> {
    Some(match kind.to_lowercase().replace('_', "-").as_str() {
        "hostname" | "host" | "computer" | "machine" => EntityKind::Host,
        "account" | "user" | "username" | "user-account" | "login" => EntityKind::Principal,
        "ip" | "ipv4" | "ipv6" => EntityKind::Endpoint,
        "domain" | "fqdn" => EntityKind::Domain,
        "url" => EntityKind::Url,
        "filename" => EntityKind::File,
        "registry" => EntityKind::Setting,
        _ => return None,
    })
}

/// Names and values of custom fields: a list in version 5, an object in version 4.
fn custom_fields(value: &Value) -> Option<Vec<(String, String)>> {
    match value {
        Value::Array(items) => Some(items.iter().flat_map(listed).collect()),
        Value::Object(_) => Some(keyed(value)),
        _ => None,
    }
}

/// `{ "name": "unit", "type": "string", "value": "Sales" }`, or as in version 4.
fn listed(item: &Value) -> Vec<(String, String)> {
    let Some(name) = item.get("name").and_then(Value::as_str) else { return keyed(item) };
    let is_date = item.get("type").and_then(Value::as_str) == Some("date");
    let value = item.get("value").and_then(if is_date { date } else { plain });
    value.map(|value| (name.to_owned(), value)).into_iter().collect()
}

/// `{ "unit": { "string": "Sales", "order": 0 } }`
fn keyed(value: &Value) -> Vec<(String, String)> {
    let Some(fields) = value.as_object() else {
        return plain(value).map(|value| ("Field without a name".to_owned(), value)).into_iter().collect();
    };
    fields.iter().filter_map(|(name, value)| Some((name.clone(), typed(value)?))).collect()
}

fn typed(value: &Value) -> Option<String> {
    let Some(fields) = value.as_object() else { return plain(value) };
    let says = |kind: &str, value: &Value| !matches!(kind, "order" | "_id") && !value.is_null();
    let (kind, value) = fields.iter().find(|(kind, value)| says(kind, value))?;
    if kind == "date" { date(value) } else { plain(value) }
}

fn date(value: &Value) -> Option<String> {
    let at = value.as_i64().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    at.map(words::moment).or_else(|| plain(value))
}
