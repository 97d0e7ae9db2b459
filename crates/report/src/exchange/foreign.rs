//! What carrying over incidents of other programs has in common: pieces are numbered in the order of time, texts are cut where
//! they are too long.
//!
//! It knows no program. Nothing is left out in silence: what cannot be carried over is counted, and named for a reader.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::Status;
use quell_incident::carried::{CarriedFact, CarriedIncident, CarriedPiece, PIECES_MAX};
use quell_incident::timeline::{MomentKind, TimelineFact, TimelineItem};
use quell_incident::work::{EntityFact, EntityName, Few, ItemId, Line, NoteFact, TaskFact, Text, Verdict, WorkFact};
use quell_model::{EntityKind, Level, Timestamp, UserId, technique_of_tag};

use super::record::{Record, flat};

/// Most entities that come into scope: the work looks at each of them for each that is added. More stand in a note.
const ENTITIES_MAX: usize = 2_000;
/// Most techniques.
const TECHNIQUES_MAX: usize = 500;
/// Most kinds of things that are named as left out.
const GAPS_MAX: usize = 200;
/// Longest text of a cell. Escaped, a row of eight still fits into one note.
const CELL_CHARS_MAX: usize = 1_000;

/// When something was done there, and by whom, as far as that is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct When<'a> {
    pub(super) at: Option<Timestamp>,
    pub(super) by: Option<&'a str>,
}

/// Where a piece stands: what comes of it has to stand later.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    number: u64,
    at: Timestamp,
}

/// A task as it was there.
pub(super) struct TaskThere<'a> {
    pub(super) title: &'a str,
    pub(super) assignee: Option<&'a str>,
    pub(super) due_at: Option<Timestamp>,
    pub(super) set: When<'a>,
    pub(super) end: Option<TaskEnd<'a>>,
}

/// How a task ended there.
pub(super) struct TaskEnd<'a> {
    pub(super) when: When<'a>,
    pub(super) done: bool,
    pub(super) text: String,
}

/// Something that happened, as it was told there.
pub(super) struct MomentThere<'a> {
    pub(super) kind: MomentKind,
    pub(super) at: Option<Timestamp>,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
}

/// What an incident is called.
pub(super) struct Head {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: Option<Level>,
}

/// A piece, and where it stands in the order of time.
struct Draft {
    sorted_at: Timestamp,
    piece: CarriedPiece,
}

struct Known {
    place: Place,
    verdict: Option<Verdict>,
}

/// Makes an incident of what was read.
///
/// Entities come into scope as people add them, not as what Quell tells: so it stays known who added them, when and why.
pub(super) struct Carrier {
    program: &'static str,
    opened_at: Timestamp,
    seen: Option<(Timestamp, Timestamp)>,
    techniques: BTreeSet<String>,
    entities: BTreeMap<EntityName, Known>,
    drafts: Vec<Draft>,
    last: u64,
    gaps: BTreeMap<String, usize>,
    other_gaps: usize,
}

impl Carrier {
    /// Where the case does not say when it was opened, the earliest time of its parts stands for it.
    pub(super) fn new(program: &'static str, opened_at: Option<Timestamp>, earliest: Option<Timestamp>) -> Carrier {
        let mut carrier = Carrier {
            program,
            opened_at: opened_at.or(earliest).unwrap_or(Timestamp::UNIX_EPOCH),
            seen: None,
            techniques: BTreeSet::new(),
            entities: BTreeMap::new(),
            drafts: Vec::new(),
            last: 0,
            gaps: BTreeMap::new(),
            other_gaps: 0,
        };
        match (opened_at, earliest) {
            (Some(_), _) => {}
            (None, Some(_)) => carrier.gap("time of opening: the earliest time of a part stands for it"),
            (None, None) => carrier.gap("time of opening: the first of January 1970 stands for it"),
        }
        carrier
    }

    pub(super) fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// Counts something that cannot be carried over.
    pub(super) fn gap(&mut self, what: impl Into<String>) {
        self.gaps(what, 1);
    }

    /// Counts several of them.
    pub(super) fn gaps(&mut self, what: impl Into<String>, count: usize) {
        let what = what.into();
        if count == 0 {
            return;
        }
        if self.gaps.len() < GAPS_MAX || self.gaps.contains_key(&what) {
            *self.gaps.entry(what).or_default() += count;
        } else {
            self.other_gaps += count;
        }
    }

    /// The objects of a list.
    pub(super) fn records<'a>(
        &mut self,
        record: &mut Record<'a>,
        what: &'static str,
        key: &'static str,
    ) -> Vec<Record<'a>> {
        let items = record.list(key);
        let records: Vec<Record<'a>> = items.iter().filter_map(|item| Record::of(what, item)).collect();
        self.gaps(format!("{what} that is no object"), items.len() - records.len());
        records
    }

    /// Names what of an object could not be read.
    pub(super) fn close_read(&mut self, record: &Record<'_>) {
        for gap in record.odd() {
            self.gap(gap);
        }
    }

    /// Names what of an object could not be read or was not; `idle` fields say nothing about the incident.
    pub(super) fn close(&mut self, record: &Record<'_>, idle: &[&str]) {
        self.close_read(record);
        for gap in record.unread(idle) {
            self.gap(gap);
        }
    }

    /// A text as it can be kept; none if it says nothing.
    pub(super) fn text(&mut self, text: &str) -> Option<Text> {
        const CLOSING: &str = "\n\n[…] cut";
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        let kept: String = lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        if kept.len() < lines.len() {
            self.gap("text with control characters: it stands without them");
        }
        let kept = kept.trim_end();
        if kept.chars().count() <= Text::CHARS_MAX {
            return Text::try_from(kept.to_owned()).ok();
        }
        self.gap(format!("text of more than {} characters: it was cut", Text::CHARS_MAX));
        let room = Text::CHARS_MAX - CLOSING.chars().count();
        let cut: String = kept.chars().take(room).chain(CLOSING.chars()).collect();
        Text::try_from(cut).ok()
    }

    /// One line as it can be kept.
    pub(super) fn line(&mut self, text: &str) -> Line {
        let line = flat(text);
        if line.chars().count() > Line::CHARS_MAX {
            self.gap(format!("line of more than {} characters: it was cut", Line::CHARS_MAX));
        }
        Line::shortened(&line)
    }

    /// The name of an object inside of another.
    pub(super) fn inner<'a>(
        &mut self,
        record: &mut Record<'a>,
        (what, key): (&'static str, &'static str),
        names: &[&'static str],
    ) -> Option<&'a str> {
        let mut inner = record.record(what, key)?;
        let name = inner.first_text(names);
        if name.is_none() {
            self.gap(format!("{what} without a name"));
        }
        self.close_read(&inner);
        name
    }

    /// The incident was seen at this time.
    pub(super) fn seen(&mut self, at: Timestamp) {
        let (first, last) = self.seen.unwrap_or((at, at));
        self.seen = Some((first.min(at), last.max(at)));
    }

    /// A technique was used; false if this is none of ATT&CK.
    pub(super) fn technique(&mut self, id: &str) -> bool {
        let id = id.trim().to_ascii_uppercase();
        if !is_technique(&id) {
            return false;
        }
        if self.techniques.len() < TECHNIQUES_MAX || self.techniques.contains(&id) {
            self.techniques.insert(id);
        } else {
            self.gap(format!("technique beyond the first {TECHNIQUES_MAX}"));
        }
        true
    }

    /// Techniques that tags name: `attack.t1059`, or the id among other words.
    pub(super) fn techniques_of(&mut self, tags: &[&str]) {
        for tag in tags {
            if let Some(id) = technique_of_tag(tag) {
                self.technique(&id);
            }
            let words = tag.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
            for word in words.filter(|word| is_technique(word)) {
                self.technique(word);
            }
        }
    }

    fn add(&mut self, when: When<'_>, after: Option<Place>, what: CarriedFact) -> Option<Place> {
        if self.drafts.len() >= PIECES_MAX {
            self.gap(format!("piece beyond the first {PIECES_MAX}"));
            return None;
        }
        if when.at.is_none() {
            self.gap("piece of which no time is known: the time of opening stands for it");
        }
        let at = when.at.unwrap_or(self.opened_at);
        let by = self.line(when.by.unwrap_or(self.program));
        self.last += 1;
        let number = self.last;
        let sorted_at = after.map_or(at, |after| at.max(after.at));
        self.drafts.push(Draft { sorted_at, piece: CarriedPiece { number, at, by, what } });
        Some(Place { number, at: sorted_at })
    }

    fn work(&mut self, when: When<'_>, after: Option<Place>, fact: impl Into<WorkFact>) -> Option<Place> {
        self.add(when, after, CarriedFact::Work(fact.into()))
    }

    /// How far work was.
    pub(super) fn status(
        &mut self,
        when: When<'_>,
        after: Option<Place>,
        status: Status,
        reason: &str,
    ) -> Option<Place> {
        let reason = String::from(self.line(reason));
        self.add(when, after, CarriedFact::Status(status, reason))
    }

    /// A note, if it says something.
    pub(super) fn note(&mut self, when: When<'_>, heading: &str, body: &str) {
        if body.trim().is_empty() {
            return;
        }
        let heading = self.line(heading);
        if let Some(text) = self.text(&format!("**{heading}**\n\n{body}")) {
            self.work(when, None, NoteFact::Written { text });
        }
    }

    /// A page that somebody wrote: where nothing stands under its title, that is named.
    pub(super) fn page(&mut self, when: When<'_>, title: &str, body: &str) {
        if body.trim().is_empty() {
            self.gap("page with a title and without a text");
        }
        self.note(when, title, body);
    }

    /// A table as one note, or as several if it is long.
    pub(super) fn table(&mut self, table: Table) {
        let head = format!("| {} |\n|{}\n", table.columns.join(" | "), "---|".repeat(table.columns.len()));
        // A heading has at most as many characters as a line.
        let room = Text::CHARS_MAX.saturating_sub(head.chars().count() + Line::CHARS_MAX);
        let mut pages: Vec<(String, usize)> = Vec::new();
        for row in &table.rows {
            let chars = row.chars().count();
            match pages.last_mut() {
                Some((page, filled)) if *filled + chars <= room => {
                    page.push_str(row);
                    *filled += chars;
                }
                _ => pages.push((row.clone(), chars)),
            }
        }
        let when = When { at: Some(table.latest.unwrap_or(self.opened_at)), by: None };
        for (index, (page, _)) in pages.iter().enumerate() {
            let part = if pages.len() > 1 { format!(" ({} of {})", index + 1, pages.len()) } else { String::new() };
            self.note(when, &format!("{}{part}", table.title), &format!("{head}{page}"));
        }
        self.gaps(format!("cell of a table of more than {CELL_CHARS_MAX} characters: it was cut"), table.cut);
    }

    /// A task, and its end after it.
    pub(super) fn task(&mut self, task: &TaskThere<'_>) {
        let title = self.line(task.title);
        let assignee = task.assignee.map(|name| UserId::new(self.line(name)));
        let fact = TaskFact::Set { title, activity: None, role: None, assignee, due_at: task.due_at };
        let Some(set) = self.work(task.set, None, fact) else { return };
        let Some(end) = &task.end else { return };
        let Some(text) = self.text(&end.text) else { return };
        let id = ItemId(set.number);
        let fact = match end.done {
            true => TaskFact::Done { task: id, result: text },
            false => TaskFact::Dropped { task: id, reason: text },
        };
        self.work(end.when, Some(set), fact);
    }

    /// Brings an entity into scope. False if it is there already, or if this is no name for one: a name that is cut would be
    /// that of something else.
    pub(super) fn entity(&mut self, when: When<'_>, kind: EntityKind, name: &str, reason: &str) -> bool {
        let Some(entity) = entity_name(kind, name) else { return false };
        if self.entities.contains_key(&entity) {
            return false;
        }
        if self.entities.len() >= ENTITIES_MAX {
            self.gap(format!("entity beyond the first {ENTITIES_MAX}: it stands in a note only"));
            return false;
        }
        let Some(reason) = self.text(reason) else { return false };
        let added = EntityFact::Added { entity: entity.clone(), reason };
        let Some(place) = self.work(when, None, added) else { return false };
        self.entities.insert(entity, Known { place, verdict: None });
        true
    }

    /// Judges an entity that is in scope.
    pub(super) fn judge(&mut self, when: When<'_>, entity: (EntityKind, &str), verdict: Verdict, reason: &str) {
        let entity = entity_name(entity.0, entity.1).filter(|entity| self.entities.contains_key(entity));
        let Some(entity) = entity else {
            self.gap("judgement on something that is not in scope here");
            return;
        };
        let Some(known) = self.entities.get_mut(&entity) else { return };
        if known.verdict.replace(verdict) == Some(verdict) {
            return;
        }
        let place = known.place;
        let Some(reason) = self.text(reason) else { return };
        self.work(when, Some(place), EntityFact::Judged { entity, verdict, reason, references: Few::default() });
    }

    /// Something for the timeline; without a time it is a note.
    pub(super) fn moment(&mut self, when: When<'_>, moment: &MomentThere<'_>) {
        let Some(at) = moment.at else {
            self.gap("moment of the timeline without a time: it stands as a note");
            let text = if moment.text.trim().is_empty() { moment.title } else { moment.text };
            self.note(when, moment.title, text);
            return;
        };
        if moment.kind == MomentKind::Event {
            self.seen(at);
        }
        let (title, text) = (self.line(moment.title), self.text(moment.text));
        let (kind, references) = (moment.kind, Few::default());
        let item = TimelineItem { kind, at, discovered_at: None, title, text, parent: None, references };
        self.add(when, None, CarriedFact::Timeline(TimelineFact::Added { item }));
    }

    /// The incident, its pieces in the order of time.
    pub(super) fn finish(mut self, head: &Head) -> CarriedIncident {
        let (id, title) = (self.line(&head.id), self.line(&head.title));
        if head.severity.is_none() {
            self.gap("severity that is not known here: medium stands for it");
        }
        // Sorting is stable: what was read first stays first.
        self.drafts.sort_by_key(|draft| draft.sorted_at);
        let numbers: BTreeMap<u64, u64> = self.drafts.iter().map(|draft| draft.piece.number).zip(1..).collect();
        let pieces = self.drafts.into_iter().map(|draft| numbered(draft.piece, &numbers)).collect();
        let mut left_out: Vec<String> = self.gaps.iter().map(|(what, count)| format!("{count} × {what}")).collect();
        if self.other_gaps > 0 {
            left_out.push(format!("{} × something else", self.other_gaps));
        }
        CarriedIncident {
            program: Line::shortened(self.program),
            id,
            title,
            severity: head.severity.unwrap_or(Level::Medium),
            opened_at: self.opened_at,
            first_seen: self.seen.map(|(first, _)| first),
            last_seen: self.seen.map(|(_, last)| last),
            techniques: self.techniques.into_iter().collect(),
            hosts: Vec::new(),
            principals: Vec::new(),
            exercise: false,
            people: BTreeMap::new(),
            pieces,
            left_out,
        }
    }
}

/// Paragraphs of a text. What says nothing is none.
#[derive(Default)]
pub(super) struct Paragraphs(Vec<String>);

impl Paragraphs {
    pub(super) fn say(&mut self, text: Option<&str>) {
        self.0.extend(text.filter(|text| !text.trim().is_empty()).map(str::to_owned));
    }

    pub(super) fn label(&mut self, label: &str, text: Option<&str>) {
        self.0.extend(text.filter(|text| !text.trim().is_empty()).map(|text| format!("{label}: {text}")));
    }

    pub(super) fn joined(&self) -> String {
        self.0.join("\n\n")
    }
}

/// A table in Markdown.
pub(super) struct Table {
    title: &'static str,
    columns: &'static [&'static str],
    rows: Vec<String>,
    latest: Option<Timestamp>,
    cut: usize,
}

impl Table {
    /// It shows what was known at `latest`, or when the last of its rows was made.
    pub(super) fn new(title: &'static str, columns: &'static [&'static str], latest: Option<Timestamp>) -> Table {
        Table { title, columns, rows: Vec::new(), latest, cut: 0 }
    }

    pub(super) fn row(&mut self, at: Option<Timestamp>, cells: &[Option<&str>]) {
        let mut row = "|".to_owned();
        for text in cells {
            let (cell, cut) = cell(text.unwrap_or_default());
            self.cut += usize::from(cut);
            row.push_str(&format!(" {cell} |"));
        }
        row.push('\n');
        self.rows.push(row);
        self.latest = self.latest.max(at);
    }

    /// A name and its value, if there is one.
    pub(super) fn pair(&mut self, name: &str, value: Option<&str>) {
        if value.is_some_and(|value| !value.trim().is_empty()) {
            self.row(None, &[Some(name), value]);
        }
    }
}

/// The level of this name.
pub(super) fn level(name: &str) -> Option<Level> {
    let levels = [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];
    levels.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(name.trim()))
}

/// Text in a cell of a table, and whether it was cut. Backslashes before a bar would take the escape away from it.
fn cell(text: &str) -> (String, bool) {
    let text = flat(text);
    let mut cell = String::with_capacity(text.len());
    let mut backslashes = 0;
    for c in text.chars().take(CELL_CHARS_MAX) {
        if c == '|' {
            cell.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        cell.push(c);
    }
    let cut = text.chars().nth(CELL_CHARS_MAX).is_some();
    if cut {
        cell.push_str("[…]");
    }
    if cell.is_empty() { ("–".to_owned(), cut) } else { (cell, cut) }
}

fn entity_name(kind: EntityKind, name: &str) -> Option<EntityName> {
    let name = Line::try_from(name.trim().to_owned()).ok()?;
    Some(EntityName { kind, name })
}

/// `T` and four digits, or a sub-technique of that with three more.
fn is_technique(id: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let Some(number) = id.strip_prefix('T') else { return false };
    match number.split_once('.') {
        Some((number, sub)) => digits(number, 4) && digits(sub, 3),
        None => digits(number, 4),
    }
}

/// A piece with its number in the order of time, and with that of the task that it ends.
fn numbered(mut piece: CarriedPiece, numbers: &BTreeMap<u64, u64>) -> CarriedPiece {
    let here = |number: u64| numbers.get(&number).copied().unwrap_or(number);
    piece.number = here(piece.number);
    if let CarriedFact::Work(WorkFact::Task(TaskFact::Done { task, .. } | TaskFact::Dropped { task, .. })) =
        &mut piece.what
    {
        *task = ItemId(here(task.0));
    }
    piece
}
