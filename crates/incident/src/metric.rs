//! Figures over incidents, each with both its ends named: from what to what. Median and nine-tenths with the number of cases;
//! cases that are still open are counted where their beginning is known; exercises and false positives stand apart.
//!
//! The ends follow the AWS Security Incident Response Guide (metrics) and NIST SP 800-61 r3; where vendors differ, the ends
//! are what counts, not the name.

use std::collections::BTreeMap;

use quell_model::{Actor, IncidentId, Level, SYSTEM_ACTOR, Timestamp};
use serde::Serialize;

use crate::carried::ELSEWHERE;
use crate::deadline::{Deadline, DeadlineState};
use crate::work::{EntityWork, Step, Work};
use crate::{Incident, Origin, Status};

/// What is measured of an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Which.
    pub id: IncidentId,
    /// As people assessed it, or else as Quell told it.
    pub severity: Level,
    /// How far work is.
    pub status: Status,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// When each moment was, if it was.
    pub moments: BTreeMap<Moment, Timestamp>,
    /// How often it was opened again after it had been closed.
    pub reopened: u64,
    /// Seconds between each submission and its deadline; less than nothing if it was late.
    pub margins_seconds: Vec<i64>,
    /// Submissions whose deadline is over and that were not made.
    pub overdue: u64,
    /// Lessons, and how they ended.
    pub lessons: LessonCounts,
    /// Evidence that is not what was sealed.
    pub damaged: u64,
}

/// A moment of an incident that figures begin or end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Earliest event of the intruder, by evidence; it may move back as more is found.
    FirstActivity,
    /// Quell opened the incident, or people reported it.
    Detected,
    /// A person first did something about it.
    Acknowledged,
    /// It was declared.
    Declared,
    /// The last affected entity was verified to be contained.
    Contained,
    /// The last affected entity was verified to be clean.
    Eradicated,
    /// Normal operation was declared.
    Recovered,
    /// It was resolved.
    Resolved,
}

/// What time is measured of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Until it is detected.
    Detect,
    /// Until a person sees to it.
    Acknowledge,
    /// Until it is declared.
    Declare,
    /// Until it is contained.
    Contain,
    /// Until the intruder is gone from everything.
    Eradicate,
    /// Until all is normal.
    Recover,
    /// How long the intruder could act.
    Dwell,
    /// Until it is resolved.
    Resolve,
}

impl Interval {
    /// All of them.
    pub const ALL: [Interval; 8] = [
        Interval::Detect,
        Interval::Acknowledge,
        Interval::Declare,
        Interval::Contain,
        Interval::Eradicate,
        Interval::Recover,
        Interval::Dwell,
        Interval::Resolve,
    ];

    /// Both its ends.
    #[must_use]
    pub fn ends(self) -> (Moment, Moment) {
        match self {
            Interval::Detect => (Moment::FirstActivity, Moment::Detected),
            Interval::Acknowledge => (Moment::Detected, Moment::Acknowledged),
            Interval::Declare => (Moment::Detected, Moment::Declared),
            Interval::Contain => (Moment::Detected, Moment::Contained),
            Interval::Eradicate => (Moment::Declared, Moment::Eradicated),
            Interval::Recover => (Moment::Declared, Moment::Recovered),
            Interval::Dwell => (Moment::FirstActivity, Moment::Contained),
            Interval::Resolve => (Moment::Detected, Moment::Resolved),
        }
    }
}

/// A word about the status of an incident: when, by whom, which.
pub type StatusWord = (Timestamp, Actor, Status);

/// How lessons ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LessonCounts {
    /// All of them.
    pub found: u64,
    /// Closed with a proof when they were due, or before.
    pub closed_in_time: u64,
    /// Closed with a proof later, or without a time.
    pub closed_late: u64,
    /// Given up.
    pub dropped: u64,
    /// Open, and their time is over.
    pub overdue: u64,
}

/// What a course is made of.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Which.
    pub id: &'a IncidentId,
    /// As it stands.
    pub incident: &'a Incident,
    /// When it was opened in Quell, and by whom.
    pub opened: (Timestamp, &'a Actor),
    /// Every word about its status, in order.
    pub statuses: &'a [StatusWord],
    /// When a person first gave it to somebody.
    pub assigned: Option<Timestamp>,
    /// The work on it.
    pub work: &'a Work,
    /// What is due under the regimes that apply.
    pub deadlines: &'a [Deadline],
    /// Now.
    pub now: Timestamp,
}

impl Course {
    /// That of an incident.
    #[must_use]
    pub fn of(history: &History<'_>) -> Course {
        let History { incident, work, .. } = history;
        let margin = |deadline: &Deadline| match deadline.state {
            DeadlineState::Sent { margin_seconds, .. } => margin_seconds,
            _ => None,
        };
        let is_overdue = |deadline: &&Deadline| deadline.state == DeadlineState::Running { overdue: true };
        Course {
            id: history.id.clone(),
            severity: work.severity(incident),
            status: incident.status,
            exercise: incident.exercise,
            moments: moments(history),
            reopened: reopened(history.statuses),
            margins_seconds: history.deadlines.iter().filter_map(margin).collect(),
            overdue: history.deadlines.iter().filter(is_overdue).count() as u64,
            lessons: lessons(work, history.now),
            damaged: work
                .evidence
                .iter()
                .filter(|evidence| evidence.is_kept() && evidence.intact == Some(false))
                .count() as u64,
        }
    }
}

fn moments(history: &History<'_>) -> BTreeMap<Moment, Timestamp> {
    let History { incident, work, .. } = history;
    let (opened, by) = history.opened;
    let detected = match &incident.origin {
        Some(Origin::Elsewhere { opened_at, .. }) => *opened_at,
        _ => opened,
    };
    let by_people = |actor: &Actor| actor.strip_prefix(ELSEWHERE).unwrap_or(actor) != SYSTEM_ACTOR;
    let words = history.statuses.iter().filter(|(_, actor, _)| by_people(actor)).map(|(at, ..)| *at);
    let words = words.chain(history.assigned);
    let done = work.log().filter(|(stamp, _)| by_people(&stamp.actor)).map(|(stamp, _)| stamp.at);
    // Who reports an incident knows of it. What was carried over was known there, not when it was carried over.
    let by_hand = matches!(incident.origin, Some(Origin::Report | Origin::Split { .. }));
    let reported = (by_hand && by_people(by)).then_some(detected);
    let resolved = history.statuses.iter().rfind(|(.., status)| *status == Status::Resolved).map(|(at, ..)| *at);
    let all = [
        (Moment::FirstActivity, incident.told.first_seen),
        (Moment::Detected, Some(detected)),
        (Moment::Acknowledged, words.chain(done).chain(reported).min()),
        (Moment::Declared, work.triage.declared.as_ref().map(|declared| declared.stamp.at)),
        (Moment::Contained, all_verified(work, Step::Contain)),
        (Moment::Eradicated, all_verified(work, Step::Clean)),
        (Moment::Recovered, work.recovery.declared.as_ref().map(|stamp| stamp.at)),
        (Moment::Resolved, resolved.filter(|_| incident.status == Status::Resolved)),
    ];
    all.into_iter().filter_map(|(moment, at)| Some((moment, at?))).collect()
}

/// When the last affected entity was verified; none if one is not, or none is affected.
fn all_verified(work: &Work, step: Step) -> Option<Timestamp> {
    let when = |entity: &EntityWork| {
        let verified = entity.step(step).and_then(|state| state.verified.as_ref()).map(|verified| verified.stamp.at);
        verified.or(entity.retired.as_ref().map(|stamp| stamp.at))
    };
    let all: Option<Vec<Timestamp>> = work.entities.affected().map(when).collect();
    all?.into_iter().max()
}

fn reopened(statuses: &[StatusWord]) -> u64 {
    let pairs = statuses.windows(2).filter(|pair| pair[0].2.is_closed() && !pair[1].2.is_closed());
    pairs.count() as u64
}

fn lessons(work: &Work, now: Timestamp) -> LessonCounts {
    let mut counts = LessonCounts::default();
    for lesson in work.review.lessons.iter() {
        counts.found += 1;
        let due = lesson.owned.as_ref().map(|owned| owned.due_at);
        match &lesson.end {
            Some(end) if end.reference.is_none() => counts.dropped += 1,
            Some(end) if due.is_some_and(|due| end.stamp.at <= due) => counts.closed_in_time += 1,
            Some(_) => counts.closed_late += 1,
            None => counts.overdue += u64::from(due.is_some_and(|due| due < now)),
        }
    }
    counts
}

/// Figures over incidents.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// Incidents that the figures are about.
    pub incidents: u64,
    /// Exercises; they count in nothing else.
    pub exercises: u64,
    /// False positives; they count in nothing else.
    pub false_positives: u64,
    /// Times.
    pub times: Vec<Figure>,
    /// Seconds between submissions and their deadlines; less than nothing if they were late.
    pub notification_margin: Spread,
    /// Submissions that were late, or are overdue.
    pub notifications_late: u64,
    /// False positives among everything that was closed, in thousandths; none if nothing was.
    pub false_positives_per_mille: Option<u64>,
    /// Incidents that were opened again after they had been closed.
    pub reopened: u64,
    /// Lessons, and how they ended.
    pub lessons: LessonCounts,
    /// Evidence that is not what was sealed.
    pub evidence_damaged: u64,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figure {
    /// Of what.
    pub measure: Interval,
    /// Since when time counts.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// Cases of which both ends are known.
    #[serde(flatten)]
    pub seconds: Spread,
    /// Cases that have begun and that are still worked on: they will make the figures longer.
    pub open: u64,
    /// How long the longest of them has lasted by now.
    pub open_longest_seconds: Option<i64>,
    /// Cases that were closed without the end: nothing says when it was.
    pub without_end: u64,
    /// Cases whose end stands before their beginning: a time is wrong.
    pub reversed: u64,
    /// The same by severity.
    pub by_severity: Vec<SeveritySpread>,
}

/// How numbers are spread. Ranks are nearest ranks: each figure is one of the numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spread {
    /// How many numbers.
    pub n: u64,
    /// Half of them are not above it.
    pub median: Option<i64>,
    /// Nine tenths of them are not above it.
    pub p90: Option<i64>,
}

/// How numbers are spread at one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeveritySpread {
    /// Which severity.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub severity: Level,
    /// How they are spread.
    #[serde(flatten)]
    pub seconds: Spread,
}

/// Works the figures out.
#[must_use]
pub fn figures(courses: &[Course], now: Timestamp) -> Figures {
    let count = |courses: &[&Course], of: fn(&Course) -> u64| courses.iter().map(|course| of(course)).sum::<u64>();
    let real: Vec<&Course> = courses.iter().filter(|course| !course.exercise).collect();
    let (wrong, counted): (Vec<&Course>, Vec<&Course>) =
        real.into_iter().partition(|course| course.status == Status::FalsePositive);
    let closed = wrong.len() + counted.iter().filter(|course| course.status.is_closed()).count();
    let margins: Vec<i64> = counted.iter().flat_map(|course| course.margins_seconds.iter().copied()).collect();
    let late = margins.iter().filter(|margin| **margin < 0).count() as u64;
    Figures {
        incidents: counted.len() as u64,
        exercises: courses.iter().filter(|course| course.exercise).count() as u64,
        false_positives: wrong.len() as u64,
        times: Interval::ALL.iter().map(|measure| figure(*measure, &counted, now)).collect(),
        notification_margin: Spread::of(margins),
        notifications_late: late + count(&counted, |course| course.overdue),
        false_positives_per_mille: (wrong.len() * 1_000).checked_div(closed).map(|rate| rate as u64),
        reopened: counted.iter().filter(|course| course.reopened > 0).count() as u64,
        lessons: counted.iter().fold(LessonCounts::default(), |sum, course| sum.and(course.lessons)),
        evidence_damaged: count(&counted, |course| course.damaged),
    }
}

fn figure(measure: Interval, courses: &[&Course], now: Timestamp) -> Figure {
    let (from, to) = measure.ends();
    let mut seconds: BTreeMap<Level, Vec<i64>> = BTreeMap::new();
    let (mut open, mut open_longest_seconds, mut without_end, mut reversed) = (0, None, 0, 0);
    for course in courses {
        let Some(begin) = course.moments.get(&from) else { continue };
        match course.moments.get(&to) {
            Some(end) if end < begin => reversed += 1,
            Some(end) => seconds.entry(course.severity).or_default().push(end.as_second() - begin.as_second()),
            None if course.status.is_closed() => without_end += 1,
            None => {
                open += 1;
                open_longest_seconds = open_longest_seconds.max(Some(now.as_second() - begin.as_second()));
            }
        }
    }
    let by_severity = seconds
        .iter()
        .rev()
        .map(|(severity, seconds)| SeveritySpread { severity: *severity, seconds: Spread::of(seconds.clone()) });
    Figure {
        measure,
        from,
        to,
        by_severity: by_severity.collect(),
        seconds: Spread::of(seconds.into_values().flatten().collect()),
        open,
        open_longest_seconds,
        without_end,
        reversed,
    }
}

impl Spread {
    fn of(mut numbers: Vec<i64>) -> Spread {
        numbers.sort_unstable();
        let rank = |tenths: usize| numbers.get((numbers.len() * tenths).div_ceil(10).saturating_sub(1)).copied();
        Spread { n: numbers.len() as u64, median: rank(5), p90: rank(9) }
    }
}

impl LessonCounts {
    fn and(self, other: LessonCounts) -> LessonCounts {
        LessonCounts {
            found: self.found + other.found,
            closed_in_time: self.closed_in_time + other.closed_in_time,
            closed_late: self.closed_late + other.closed_late,
            dropped: self.dropped + other.dropped,
            overdue: self.overdue + other.overdue,
        }
    }
}

#[cfg(test)]
mod tests;
