//! Cases of DFIR-IRIS, version 2: what its export of a case answers, with the answer around it or without.
//!
//! Times there have no zone and are UTC. Names are read where both a name and a number are there: numbers differ between
//! installations.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::Offset;
use quell_incident::Status;
use quell_incident::carried::CarriedIncident;
use quell_incident::timeline::MomentKind;
use quell_incident::work::Verdict;
use quell_model::{EntityKind, Level, Timestamp};
use serde_json::Value;

use super::foreign::{Carrier, Head, MomentThere, Paragraphs, Table, TaskEnd, TaskThere, When, level};
use super::record::{ExchangeError, Record, iso, plain};
use crate::words;

const PROGRAM: &str = "DFIR-IRIS";
const EXPECTED: &str = "an export of DFIR-IRIS: an object with `case` beside lists of its parts, alone or as `data`";

/// Outcomes by their number.
const OUTCOMES: [&str; 6] = [
    "unknown",
    "false_positive",
    "true_positive_with_impact",
    "not_applicable",
    "true_positive_without_impact",
    "legitimate",
];

/// Names of the numbers of TLP on a fresh installation; they are not in the order of strictness.
const TLP: [(i64, &str); 5] = [(1, "red"), (2, "amber"), (3, "green"), (4, "clear"), (5, "amber+strict")];
/// What holds for a number that has no name.
const TLP_STRICTEST: &str = "red";

/// Fields that say how DFIR-IRIS keeps something, or what another field says better.
const IDLE: [&str; 37] = [
    "asset_id",
    "asset_uuid",
    "case",
    "case_id",
    "classification_id",
    "client_id",
    "comment_alert_id",
    "comment_case_id",
    "comment_id",
    "comment_update_date",
    "comment_user_id",
    "directory_id",
    "event_color",
    "event_date_wtz",
    "event_id",
    "event_in_graph",
    "event_in_summary",
    "event_is_flagged",
    "event_uuid",
    "file_uuid",
    "id",
    "ioc_id",
    "ioc_type_id",
    "ioc_uuid",
    "modification_history",
    "note_case_id",
    "note_directories",
    "note_id",
    "note_uuid",
    "owner_id",
    "review_status_id",
    "reviewer_id",
    "severity_id",
    "state_id",
    "status_id",
    "task_uuid",
    "user_id",
];

/// A case of DFIR-IRIS as an incident that can be carried over.
///
/// # Errors
/// It is no export of DFIR-IRIS.
pub fn from_iris(export: &Value) -> Result<CarriedIncident, ExchangeError> {
    let data = export.get("data").unwrap_or(export);
    let (mut parts, mut case) = find(data)?;
    let opened_at = case.iso("initial_date").or(case.iso("open_date"));
    let mut reader = Reader {
        carrier: Carrier::new(PROGRAM, opened_at, earliest(data)),
        people: people(data),
        tlp: tlp_names(data),
        indicators: Table::new(
            "Indicators and assets of the case in DFIR-IRIS",
            &["Kind", "Value", "TLP", "Tags", "About", "By"],
            None,
        ),
    };
    let head = reader.case(&mut case, parts.iso("export_date"));
    reader.parts(&mut parts);
    let Reader { mut carrier, indicators, .. } = reader;
    carrier.table(indicators);
    Ok(carrier.finish(&head))
}

/// The export, and the case in it: at least two things have to speak for one.
fn find(data: &Value) -> Result<(Record<'_>, Record<'_>), ExchangeError> {
    let case = data.get("case");
    let is = |key: &str, form: fn(&Value) -> bool| case.and_then(|case| case.get(key)).is_some_and(form);
    let signs = [
        is("case_id", Value::is_number),
        is("case_uuid", Value::is_string),
        is("name", Value::is_string),
        is("open_date", Value::is_string) || is("initial_date", Value::is_string),
        is("status_id", Value::is_number) || is("state_id", Value::is_number),
    ];
    let is_case = signs.into_iter().filter(|sign| *sign).count() >= 2;
    match (Record::of("export", data), case.and_then(|case| Record::of("case", case))) {
        (Some(parts), Some(record)) if is_case => Ok((parts, record)),
        _ => Err(ExchangeError::new(EXPECTED, case.unwrap_or(data))),
    }
}

/// Entries of a list; none if it is no list.
fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The earliest time at which a part of the case was made.
fn earliest(data: &Value) -> Option<Timestamp> {
    const KEYS: [&str; 5] = ["task_open_date", "note_creationdate", "comment_date", "date_added", "event_date"];
    let lists = data.as_object()?.values().filter_map(Value::as_array).flatten();
    let times = lists.flat_map(|part| KEYS.into_iter().filter_map(move |key| iso(part.get(key)?.as_str()?)));
    times.min()
}

/// Names of users by their number, as far as the export names them anywhere.
fn people(data: &Value) -> BTreeMap<i64, String> {
    let case = ["user", "owner", "reviewer"].into_iter().filter_map(|key| data.get("case")?.get(key));
    let assignees = items(data, "tasks").iter().flat_map(|task| items(task, "task_assignees"));
    let comments = items(data, "notes").iter().flat_map(|note| items(note, "comments"));
    let named = |person: &Value| {
        let name = ["user_name", "name", "user_login", "user"].into_iter().find_map(|key| person.get(key)?.as_str());
        Some((person.get("id")?.as_i64()?, name?.to_owned()))
    };
    let authors = comments.filter_map(|comment| comment.get("user"));
    case.chain(assignees).chain(authors).filter_map(named).collect()
}

/// Names of TLP by their number, where the timeline gives away which name an indicator of that number has.
fn tlp_names(data: &Value) -> BTreeMap<i64, String> {
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_i64);
    let named = items(data, "timeline").iter().flat_map(|event| items(event, "iocs"));
    let named = named.filter_map(|indicator| {
        Some((number(indicator, "ioc_id")?, indicator.get("tlp_name").and_then(Value::as_str)?))
    });
    let named: BTreeMap<i64, &str> = named.collect();
    let given_away = items(data, "iocs")
        .iter()
        .filter_map(|indicator| Some((number(indicator, "ioc_tlp_id")?, *named.get(&number(indicator, "ioc_id")?)?)));
    TLP.into_iter().chain(given_away).map(|(id, name)| (id, name.to_owned())).collect()
}

struct Reader {
    carrier: Carrier,
    people: BTreeMap<i64, String>,
    tlp: BTreeMap<i64, String>,
    indicators: Table,
}

impl Reader {
    fn case(&mut self, case: &mut Record<'_>, exported_at: Option<Timestamp>) -> Head {
        let creator = self.carrier.inner(case, ("user of the case", "user"), &["user_name"]);
        let opening = When { at: Some(self.carrier.opened_at()), by: creator };
        let description = case.text("description").unwrap_or_default();
        self.carrier.note(opening, "Description of the case in DFIR-IRIS", description);

        let mut fields = Table::new("Fields of the case there", &["Field", "Value"], exported_at);
        let number = case.integer("case_id").map(|number| number.to_string());
        let uuid = case.text("case_uuid");
        fields.pair("Number", number.as_deref());
        fields.pair("UUID", uuid);
        fields.pair("Ticket", case.text("soc_id"));
        let severity = self.named(case, &mut fields);
        let closed_at = self.status(case, &mut fields);
        let list = case.list("tags");
        let tags: Vec<&str> = list.iter().filter_map(|tag| tag.get("tag_title").unwrap_or(tag).as_str()).collect();
        self.carrier.gaps("tag of the case, which has another form than expected", list.len() - tags.len());
        self.carrier.techniques_of(&tags);
        fields.pair("Tags", Some(&tags.join(", ")));
        for mut protagonist in self.carrier.records(case, "protagonist", "protagonists") {
            let texts = ["role", "name", "contact"].map(|key| protagonist.text(key));
            let texts: Vec<&str> = texts.into_iter().flatten().collect();
            fields.pair("Protagonist", Some(&texts.join(", ")));
            self.carrier.close(&protagonist, &IDLE);
        }
        let alerts = case.shown("alerts");
        if alerts.is_some() {
            self.carrier.gap("list of alerts of the case: only their numbers are in the export");
        }
        fields.pair("Alerts", alerts.as_deref());
        for (name, value) in case.read_as("custom_attributes", attributes).unwrap_or_default() {
            fields.pair(&name, Some(&value));
        }
        fields.pair("Exported", exported_at.map(words::moment).as_deref());
        self.carrier.table(fields);

        let closing_note = case.text("closing_note").unwrap_or_default();
        let closing = When { at: closed_at.or(exported_at).or(opening.at), by: None };
        self.carrier.note(closing, "Closing note of the case in DFIR-IRIS", closing_note);

        let title = case.text("name").map(|name| untitled(name, number.as_deref()).to_owned());
        // Numbers begin at one in each installation.
        let id = match (number, uuid) {
            (Some(number), Some(own)) => format!("{number} ({own})"),
            (number, own) => number.or(own.map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned()),
        };
        let title = title.unwrap_or_else(|| {
            self.carrier.gap("title of the case: its number stands for it");
            format!("Case {id} of DFIR-IRIS")
        });
        self.carrier.close(case, &IDLE);
        Head { id, title, severity }
    }

    /// Fields that are objects with a name; answers the severity.
    fn named(&mut self, case: &mut Record<'_>, fields: &mut Table) -> Option<Level> {
        const NAMED: [(&str, &str, &str); 7] = [
            ("Severity", "severity", "severity_name"),
            ("State", "state", "state_name"),
            ("Class", "classification", "name"),
            ("Customer", "client", "customer_name"),
            ("Owner", "owner", "user_name"),
            ("Reviewer", "reviewer", "user_name"),
            ("Review", "review_status", "status_name"),
        ];
        let mut severity = None;
        for (name, key, inner) in NAMED {
            let text = self.carrier.inner(case, ("named field of the case", key), &[inner]);
            fields.pair(name, text);
            if key == "severity" {
                severity = text;
            }
        }
        severity.and_then(level)
    }

    /// How far work was; answers when it ended, if it did.
    fn status(&mut self, case: &mut Record<'_>, fields: &mut Table) -> Option<Timestamp> {
        let numbered = case.integer("status_id").and_then(|id| OUTCOMES.get(usize::try_from(id).ok()?).copied());
        let outcome = case.text("status_name").or(numbered);
        let state = case.record("state of the case", "state").and_then(|mut state| state.text("state_name"));
        let closed_on = case.text("close_date");
        fields.pair("Outcome", outcome);
        fields.pair("Closed", closed_on);
        let closed = state.map_or(closed_on.is_some(), |state| state.eq_ignore_ascii_case("closed"));
        if !closed {
            let begun = state.is_some_and(|state| !state.eq_ignore_ascii_case("unspecified"));
            if begun {
                let when = When { at: Some(self.carrier.opened_at()), by: None };
                let reason = format!("in DFIR-IRIS: {}", state.unwrap_or_default());
                self.carrier.status(when, None, Status::Open, &reason);
            }
            return None;
        }
        let at = closed_on.and_then(closing);
        if closed_on.is_some() && at.is_none() {
            self.carrier.gap("day of closing, which could not be read");
        }
        if at.is_some() {
            self.carrier.gap("time of closing: only its day is in the export, and the end of that stands for it");
        }
        let status = match outcome {
            Some("false_positive" | "legitimate") => Status::FalsePositive,
            _ => Status::Resolved,
        };
        let reason = format!("closed in DFIR-IRIS: {}", outcome.unwrap_or("without an outcome"));
        self.carrier.status(When { at, by: None }, None, status, &reason);
        at
    }

    fn parts(&mut self, parts: &mut Record<'_>) {
        for mut task in self.carrier.records(parts, "task", "tasks") {
            self.task(&mut task);
        }
        for mut asset in self.carrier.records(parts, "asset", "assets") {
            self.asset(&mut asset);
        }
        for mut indicator in self.carrier.records(parts, "indicator", "iocs") {
            self.indicator(&mut indicator);
        }
        for mut event in self.carrier.records(parts, "moment of the timeline", "timeline") {
            self.event(&mut event);
        }
        self.notes(parts);
        self.evidences(parts);
        self.carrier.close(parts, &IDLE);
    }

    fn task(&mut self, task: &mut Record<'_>) {
        let title = task.text("task_title").unwrap_or("Task without a title");
        let set = When { at: task.iso("task_open_date"), by: None };
        let ended_at = task.iso("task_close_date").or(task.iso("task_last_update")).or(set.at);
        let end = |done: bool, text: &str| {
            Some(TaskEnd { when: When { at: ended_at, by: None }, done, text: text.to_owned() })
        };
        let end = match task.text("task_status") {
            Some("Done") => end(true, "done in DFIR-IRIS"),
            Some("Canceled" | "Cancelled") => end(false, "cancelled in DFIR-IRIS"),
            Some("To do") => None,
            Some("In progress" | "On hold") => {
                self.carrier.gap("task that somebody had begun: here it is one that is not done");
                None
            }
            _ => {
                self.carrier.gap("task whose state is not known here: it is one that is not done");
                None
            }
        };
        let mut assignees: Vec<&str> = Vec::new();
        for mut assignee in self.carrier.records(task, "assignee", "task_assignees") {
            assignees.extend(assignee.first_text(&["name", "user"]));
            self.carrier.close(&assignee, &IDLE);
        }
        let assignee = assignees.first().copied();
        self.carrier.task(&TaskThere { title, assignee, due_at: None, set, end });

        let mut about = Paragraphs::default();
        about.say(task.text("task_description"));
        about.label("Tags", task.text("task_tags"));
        about.label("Assigned to", Some(assignees.join(", ")).filter(|_| assignees.len() > 1).as_deref());
        about.attributes(task);
        self.carrier.note(set, &format!("Task “{title}”"), &about.joined());
        self.carrier.close(task, &IDLE);
    }

    fn asset(&mut self, asset: &mut Record<'_>) {
        let when = When { at: asset.iso("date_added"), by: None };
        let kind = asset.text("type").unwrap_or("Unspecified");
        let name = asset.text("asset_name");
        let id = asset.integer("asset_compromise_status_id");
        let compromise = asset.text("asset_compromise_status").or(match id {
            Some(1) => Some("Compromised"),
            Some(2) => Some("Not Compromised"),
            _ => None,
        });
        let tags = asset.text("asset_tags");
        self.carrier.techniques_of(&tag_list(tags));
        let indicators = self.values(asset, "indicator of an asset", "asset_ioc");

        let mut about = Paragraphs::default();
        about.say(Some(&format!("Asset of the kind {kind} in DFIR-IRIS")));
        about.say(asset.first_text(&["asset_description", "light_asset_description"]));
        about.label("Domain", asset.text("asset_domain"));
        about.label("Address", asset.text("asset_ip"));
        about.say(asset.text("asset_info"));
        about.label("Compromise", compromise);
        about.label("Analysis", asset.text("analysis_status").filter(|status| *status != "Unspecified"));
        about.label("Tags", tags);
        about.label("Indicators", Some(&indicators.join(", ")));
        about.attributes(asset);
        let (about, entity) = (about.joined(), asset_kind(kind));
        let added = name.is_some_and(|name| self.carrier.entity(when, entity, name, &about));
        if !added {
            self.indicators.row(when.at, &[Some(kind), name, None, tags, Some(about.as_str()), None]);
        }
        let verdict = match compromise {
            Some("Compromised") => Some(Verdict::Affected),
            Some("Not Compromised") => Some(Verdict::RuledOut),
            _ => None,
        };
        if let (Some(name), Some(verdict)) = (name, verdict) {
            let reason = format!("in DFIR-IRIS: {}", compromise.unwrap_or_default());
            self.carrier.judge(when, (entity, name), verdict, &reason);
        }
        self.carrier.close(asset, &IDLE);
    }

    fn indicator(&mut self, indicator: &mut Record<'_>) {
        let user = person(&self.people, &mut self.carrier, indicator.integer("user_id"));
        let when = When { at: None, by: user };
        let kind = self.carrier.inner(indicator, ("kind of an indicator", "ioc_type"), &["type_name"]);
        let kind = kind.unwrap_or("other");
        let (value, description) = (indicator.text("ioc_value"), indicator.text("ioc_description"));
        let tags = indicator.text("ioc_tags");
        self.carrier.techniques_of(&tag_list(tags));
        let tlp = indicator.integer("ioc_tlp_id").map(|id| match self.tlp.get(&id) {
            Some(name) => name.clone(),
            None => format!("{TLP_STRICTEST}, as {id} is not known here"),
        });

        let mut about = Paragraphs::default();
        about.say(Some(&format!("Indicator of compromise of the kind {kind} in DFIR-IRIS")));
        about.say(description);
        about.label("Tags", tags);
        about.label("TLP", tlp.as_deref());
        about.attributes(indicator);
        let entity = indicator_kind(kind).zip(value);
        let added = entity.is_some_and(|(kind, name)| self.carrier.entity(when, kind, name, &about.joined()));
        if !added {
            let mut more = Paragraphs::default();
            more.say(description);
            more.attributes(indicator);
            let more = more.joined();
            self.indicators.row(when.at, &[Some(kind), value, tlp.as_deref(), tags, Some(more.as_str()), user]);
        }
        self.carrier.close(indicator, &IDLE);
    }

    /// Values of indicators that something names; more about each stands in the list of all.
    fn values<'a>(&mut self, record: &mut Record<'a>, what: &'static str, key: &'static str) -> Vec<&'a str> {
        let mut values = Vec::new();
        for mut indicator in self.carrier.records(record, what, key) {
            let value = indicator.text("ioc_value");
            if value.is_none() {
                self.carrier.gap(format!("{what} without a value"));
            }
            values.extend(value);
            self.carrier.close_read(&indicator);
        }
        values
    }

    fn event(&mut self, event: &mut Record<'_>) {
        let at = event.iso("event_date");
        // It was not written down before it happened, nor before there was a case.
        let opened_at = self.carrier.opened_at();
        let when = When { at: at.max(Some(opened_at)), by: event.text("last_edited_by") };
        self.carrier.gap("time at which a moment was written down: its own or that of opening stands for it");
        let title = event.text("event_title").unwrap_or("Moment without a title");
        let category = event.text("category");
        let remediation = category.is_some_and(|category| category.eq_ignore_ascii_case("remediation"));
        let kind = if remediation { MomentKind::Action } else { MomentKind::Event };
        let tags = event.text("event_tags");
        self.carrier.techniques_of(&tag_list(tags));
        let indicators = self.values(event, "indicator of a moment", "iocs");

        let mut text = Paragraphs::default();
        text.say(event.text("event_content"));
        text.label("Category", category.filter(|category| *category != "Unspecified"));
        text.label("Source", event.text("event_source"));
        text.label("Assets", Some(&event.texts("assets").join(", ")));
        text.label("Indicators", Some(&indicators.join(", ")));
        text.label("Tags", tags);
        text.label("Zone there", event.text("event_tz").filter(|zone| *zone != "+00:00"));
        text.attributes(event);
        text.say(event.text("event_raw").map(indented).as_deref());
        self.carrier.moment(when, &MomentThere { kind, at, title, text: &text.joined() });
        self.carrier.close(event, &IDLE);
    }

    /// Notes, comments on them, and comments on other things: those of notes stand among all comments too.
    fn notes(&mut self, parts: &mut Record<'_>) {
        let mut seen: BTreeSet<(&str, Option<&str>)> = BTreeSet::new();
        for mut note in self.carrier.records(parts, "note", "notes") {
            let user = person(&self.people, &mut self.carrier, note.integer("note_user"));
            let (written_at, changed_at) = (note.iso("note_creationdate"), note.iso("note_lastupdate"));
            if changed_at > written_at {
                self.carrier.gap("earlier text of a note that was changed there");
            }
            let title = note.text("note_title").unwrap_or("Note");
            let folder = self.carrier.inner(&mut note, ("folder of a note", "directory"), &["name"]);
            let folder = folder.or(note.text("group_title"));
            let mut text = Paragraphs::default();
            text.say(note.text("note_content"));
            text.label("Folder", folder);
            text.attributes(&mut note);
            self.carrier.page(When { at: written_at, by: user }, title, &text.joined());
            for mut comment in self.carrier.records(&mut note, "comment", "comments") {
                let names = &["user_name", "user_login"];
                let by = self.carrier.inner(&mut comment, ("user of a comment", "user"), names);
                let (uuid, text) = (comment.text("comment_uuid"), comment.text("comment_text"));
                if uuid.is_none_or(|uuid| seen.insert((uuid, text))) {
                    self.comment(&mut comment, by, &format!("Comment on the note “{title}”"));
                }
            }
            self.carrier.close(&note, &IDLE);
        }
        for mut comment in self.carrier.records(parts, "comment", "comments") {
            let (by, text) = (comment.text("comment_by"), comment.text("comment_text"));
            let uuid = comment.text("comment_uuid");
            if uuid.is_none_or(|uuid| seen.insert((uuid, text))) {
                self.comment(&mut comment, by, "Comment in DFIR-IRIS");
            }
        }
    }

    fn comment(&mut self, comment: &mut Record<'_>, by: Option<&str>, heading: &str) {
        let at = comment.iso("comment_date");
        let text = comment.text("comment_text").unwrap_or_default();
        self.carrier.note(When { at, by }, heading, text);
        self.carrier.close(comment, &IDLE);
    }

    fn evidences(&mut self, parts: &mut Record<'_>) {
        let columns = &["Name", "Bytes", "Hash", "At", "By", "More"];
        let mut files = Table::new("Evidence of the case in DFIR-IRIS", columns, None);
        for mut evidence in self.carrier.records(parts, "piece of evidence", "evidences") {
            let at = evidence.iso("date_added");
            let (time, size) = (at.map(words::moment), evidence.integer("file_size").map(|size| size.to_string()));
            let [name, hash, by] = ["filename", "file_hash", "added_by"].map(|key| evidence.text(key));
            let mut more = Paragraphs::default();
            more.say(evidence.first_text(&["file_description", "description"]));
            more.attributes(&mut evidence);
            let more = more.joined();
            files.row(at, &[name, size.as_deref(), hash, time.as_deref(), by, Some(more.as_str())]);
            self.carrier.gap("piece of evidence: it is not in the export; what is known of it stands in a note");
            self.carrier.close(&evidence, &IDLE);
        }
        self.carrier.table(files);
    }
}

impl Paragraphs {
    /// Fields that an installation defined itself.
    fn attributes(&mut self, record: &mut Record<'_>) {
        for (name, value) in record.read_as("custom_attributes", attributes).unwrap_or_default() {
            self.label(&name, Some(&value));
        }
    }
}

/// Whom a number stands for.
fn person<'a>(people: &'a BTreeMap<i64, String>, carrier: &mut Carrier, number: Option<i64>) -> Option<&'a str> {
    let name = people.get(&number?).map(String::as_str);
    if name.is_none() {
        carrier.gap("user of whom the export has a number only");
    }
    name
}

/// `{ "Tab": { "Field": { "type": "input_string", "value": "x" } } }`
fn attributes(value: &Value) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (tab, fields) in value.as_object()? {
        for (name, field) in fields.as_object().into_iter().flatten() {
            let value = field.get("value").map_or_else(|| plain(field), plain);
            found.extend(value.map(|value| (format!("{tab}, {name}"), value)));
        }
        if !fields.is_object() {
            found.extend(plain(fields).map(|value| (tab.clone(), value)));
        }
    }
    Some(found)
}

/// A title without the number that stands before it.
fn untitled<'a>(name: &'a str, number: Option<&str>) -> &'a str {
    let rest = number.and_then(|number| name.strip_prefix(&format!("#{number} - ")));
    rest.filter(|rest| !rest.trim().is_empty()).unwrap_or(name)
}

/// The end of the day of closing: what was done on that day was done before.
fn closing(text: &str) -> Option<Timestamp> {
    let day = text.trim().parse::<Date>().ok()?;
    Offset::UTC.to_timestamp(day.at(23, 59, 59, 0)).ok()
}

fn tag_list(tags: Option<&str>) -> Vec<&str> {
    tags.unwrap_or_default().split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect()
}

/// Text as a block that Markdown shows as it is: nothing in it can end such a block.
fn indented(text: &str) -> String {
    let lines: Vec<String> = text.split(['\n', '\r']).map(|line| format!("    {line}")).collect();
    format!("Raw:\n\n{}", lines.join("\n"))
}

/// What an asset is, by the words of the name of its kind. What is no account and no machine is some resource.
fn asset_kind(kind: &str) -> EntityKind {
    const KINDS: [(&str, EntityKind); 5] = [
        ("account user krbtgt", EntityKind::Principal),
        ("container pod", EntityKind::Container),
        ("bucket", EntityKind::Bucket),
        ("android computer dc desktop firewall host ios laptop linux mac machine phone", EntityKind::Host),
        ("pc printer router server switch tablet vm vpn waf windows workstation", EntityKind::Host),
    ];
    let kind = kind.to_lowercase();
    let words: Vec<&str> = kind.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let found = KINDS.into_iter().find(|(names, _)| names.split(' ').any(|name| words.contains(&name)));
    found.map_or(EntityKind::Resource, |(_, kind)| kind)
}

/// What an indicator is, if it is something that can be in scope. Types are those of MISP, where a `hostname` is the name of
/// a machine on the network, not a machine of one's own.
fn indicator_kind(kind: &str) -> Option<EntityKind> {
    Some(match kind.to_lowercase().as_str() {
        "target-machine" => EntityKind::Host,
        "account" | "target-user" => EntityKind::Principal,
        "ip-any" | "ip-dst" | "ip-src" => EntityKind::Endpoint,
        "domain" | "hostname" => EntityKind::Domain,
        "url" | "uri" | "link" => EntityKind::Url,
        "filename" => EntityKind::File,
        "regkey" => EntityKind::Setting,
        "windows-service-name" => EntityKind::Service,
        _ => return None,
    })
}
