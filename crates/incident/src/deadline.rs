//! Deadlines: regimes of content and what people said about clocks in; what is due, by when, out. Pure.
//!
//! Hours run in real time. Days, business days and months are counted in the time zone of the organisation: the same time of
//! a later day; a month that has no such day ends on its last one. A delay that was allowed stops the time while it lasts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan, Zoned};
use quell_model::Timestamp;
use quell_model::regime::{self, Regime, RegimeStage, RegimeTerm, Repeats, TermLength, TermPeriod, Weekend};
use serde::Serialize;

use crate::work::{Clocks, Decision};

/// Most days that are looked through for one that is no day off.
const DAYS_OFF_MAX: u32 = 366;

/// When days begin, and which of them are days off.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Time zone of the organisation.
    pub zone: TimeZone,
    /// Days off beside Saturday and Sunday, by jurisdiction as regimes name it.
    pub holidays: BTreeMap<String, BTreeSet<Date>>,
}

/// A stage of a regime that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deadline {
    /// Id of the regime.
    pub regime: String,
    /// Id of the stage.
    pub stage: String,
    /// As it is shown.
    pub name: String,
    /// To whom.
    pub to: String,
    /// What the message must have.
    pub fields: Vec<String>,
    /// The source names no figure; the hours are Quell's.
    pub advisory: bool,
    /// For this class it is a recommendation.
    pub recommended: bool,
    /// What it counts from need not happen.
    pub conditional: bool,
    /// When it is due, if that is known.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Timestamp>,
    /// How far it is.
    pub state: DeadlineState,
}

/// How far a stage is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeadlineState {
    /// By the answers that were given it is not due.
    NotDue,
    /// Something has to be said or sent before.
    Waiting {
        /// Anchors of which one is needed, or the stage before.
        for_any_of: Vec<String>,
    },
    /// The time runs.
    Running {
        /// Whether it is over.
        overdue: bool,
    },
    /// It was sent.
    Sent {
        /// When, for the last time.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        at: Timestamp,
        /// Seconds from that to the deadline; less than nothing if it was late.
        margin_seconds: Option<i64>,
    },
}

impl Deadline {
    /// Whether somebody still has to do something about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let waits = match &self.state {
            // What waits for another stage is open with that one.
            DeadlineState::Waiting { for_any_of } => {
                !self.conditional && !for_any_of.iter().any(|anchor| anchor.starts_with(regime::SUBMITTED))
            }
            DeadlineState::Running { .. } => true,
            DeadlineState::NotDue | DeadlineState::Sent { .. } => false,
        };
        waits && !self.recommended
    }
}

/// What is due under the regimes that were decided to apply, and what was sent under those that no longer do.
#[must_use]
pub fn deadlines(regimes: &[Regime], clocks: &Clocks, calendar: &Calendar, now: Timestamp) -> Vec<Deadline> {
    let mut found = Vec::new();
    for regime in regimes {
        let Some(decision) = clocks.decision(&regime.id) else { continue };
        let watch = Watch { regime, clocks, decision, calendar, now };
        let stages = regime.stages.iter().filter(|stage| regime.uses(stage)).map(|stage| watch.deadline(stage));
        found.extend(stages.filter(|stage| decision.applies || matches!(stage.state, DeadlineState::Sent { .. })));
    }
    found
}

/// One regime of one incident.
struct Watch<'a> {
    regime: &'a Regime,
    clocks: &'a Clocks,
    decision: &'a Decision,
    calendar: &'a Calendar,
    now: Timestamp,
}

/// A term that runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    /// When it ends, with what is allowed for days off.
    end: Timestamp,
    /// When it would end without that.
    plain_end: Timestamp,
    begun: Timestamp,
}

impl Watch<'_> {
    fn deadline(&self, stage: &RegimeStage) -> Deadline {
        let (due_at, state) = self.state(stage);
        let class = self.decision.class.as_ref();
        Deadline {
            regime: self.regime.id.clone(),
            stage: stage.id.clone(),
            name: stage.name.clone(),
            to: stage.to.clone(),
            fields: stage.fields.clone(),
            advisory: stage.advisory,
            recommended: class.is_some_and(|class| stage.recommended_for.contains(class.as_str())),
            conditional: stage.conditional,
            due_at,
            state,
        }
    }

    fn state(&self, stage: &RegimeStage) -> (Option<Timestamp>, DeadlineState) {
        let sent = self.sent(stage);
        let not_due = stage.when.iter().any(|(question, wanted)| self.answer(question) == Some(!wanted));
        let Some((first, last)) = sent.first().zip(sent.last()) else {
            return if not_due { (None, DeadlineState::NotDue) } else { self.unsent(stage) };
        };
        let again = match stage.repeats {
            _ if not_due || !self.decision.applies => None,
            Some(Repeats::Interval) if self.resolved().is_none() => {
                self.terms(stage).filter_map(|term| self.run(stage, *last, term.due)).min()
            }
            Some(Repeats::OnNews | Repeats::OnRequest) => self.news(stage, Some(*last)),
            _ => None,
        };
        if let Some(run) = again {
            return self.running(self.tolled(run));
        }
        // The first one has to be in time; what is sent later brings what is new.
        let due = match stage.repeats {
            Some(Repeats::OnNews | Repeats::OnRequest) => self.news(stage, None).or_else(|| self.first_run(stage)),
            _ => self.first_run(stage),
        };
        let due = due.map(|run| self.tolled(run));
        let margin_seconds = due.map(|due| due.as_second() - first.as_second());
        (due, DeadlineState::Sent { at: *last, margin_seconds })
    }

    fn unsent(&self, stage: &RegimeStage) -> (Option<Timestamp>, DeadlineState) {
        let before = stage.after.as_ref().filter(|before| self.counted(before).is_none());
        if let Some(before) = before {
            return (None, DeadlineState::Waiting { for_any_of: vec![format!("{}{before}", regime::SUBMITTED)] });
        }
        let news = matches!(stage.repeats, Some(Repeats::OnNews | Repeats::OnRequest));
        let run = if news { self.news(stage, None).or_else(|| self.first_run(stage)) } else { self.first_run(stage) };
        let due = run.map(|run| self.tolled(run));
        let over = stage.repeats == Some(Repeats::Interval)
            && due.zip(self.resolved()).is_some_and(|(due, resolved)| resolved <= due);
        match due {
            Some(_) if over => (None, DeadlineState::NotDue),
            Some(due) => self.running(due),
            // What happened before the rule has no clock.
            None if self.terms(stage).any(|term| self.anchor(&term.anchor).is_some()) => (None, DeadlineState::NotDue),
            None => {
                let anchors: BTreeSet<String> = self.terms(stage).map(|term| term.anchor.clone()).collect();
                (None, DeadlineState::Waiting { for_any_of: anchors.into_iter().collect() })
            }
        }
    }

    fn running(&self, due: Timestamp) -> (Option<Timestamp>, DeadlineState) {
        (Some(due), DeadlineState::Running { overdue: due < self.now })
    }

    /// The term that counts when a stage is due for the first time.
    fn first_run(&self, stage: &RegimeStage) -> Option<Run> {
        let begun = |term: &RegimeTerm| self.run(stage, self.anchor(&term.anchor)?, term.due);
        let earliest = self.terms(stage).filter_map(begun).min();
        let late = stage.late_term.as_ref().and_then(|term| {
            let since = self.anchor(&term.anchor)?;
            // What was classified only after everything else had ended has its own time.
            let others = self.terms(stage).filter(|other| other.anchor != term.anchor);
            let over = others.filter_map(begun).map(|run| run.plain_end).min()?;
            (since > over).then(|| self.run(stage, since, term.due)).flatten()
        });
        late.or(earliest)
    }

    /// The term of the earliest news, or request, after a time: each has its own.
    fn news(&self, stage: &RegimeStage, after: Option<Timestamp>) -> Option<Run> {
        let terms = self.terms(stage).filter(|term| !term.anchor.starts_with(regime::SUBMITTED));
        let runs = terms.flat_map(|term| {
            let said = self.clocks.said(&self.regime.id, &term.anchor).into_iter().map(|anchor| anchor.at);
            let later = said.filter(move |at| after.is_none_or(|after| *at > after));
            later.filter_map(|at| self.run(stage, at, term.due)).collect::<Vec<_>>()
        });
        runs.min()
    }

    /// Terms for the class and the impact of the incident. What is not known does not relax a duty.
    fn terms<'s>(&'s self, stage: &'s RegimeStage) -> impl Iterator<Item = &'s RegimeTerm> {
        let class = self.decision.class.as_ref().map(|class| class.as_str());
        let impact = self.decision.impact.or(self.regime.default_impact);
        stage.terms.iter().filter(move |term| {
            let of_class = term.classes.is_empty() || class.is_none_or(|class| term.classes.contains(class));
            of_class && (term.impact.is_empty() || impact.is_none_or(|impact| term.impact.contains(&impact)))
        })
    }

    fn anchor(&self, anchor: &str) -> Option<Timestamp> {
        match anchor.strip_prefix(regime::SUBMITTED) {
            Some(stage) => self.counted(stage),
            None => self.clocks.said(&self.regime.id, anchor).last().map(|anchor| anchor.at),
        }
    }

    fn resolved(&self) -> Option<Timestamp> {
        self.anchor(regime::RESOLVED)
    }

    /// The submission of a stage that others count from: the first one; where a stage comes again, the last one.
    fn counted(&self, id: &str) -> Option<Timestamp> {
        let stage = self.regime.stages.iter().find(|stage| stage.id == id)?;
        let sent = self.sent(stage);
        let again = stage.repeats.is_some() || self.regime.stages.iter().any(|it| it.updates.as_deref() == Some(id));
        if again { sent.last().copied() } else { sent.first().copied() }
    }

    /// When a stage was sent, or another one that counts as it; in order.
    fn sent(&self, stage: &RegimeStage) -> Vec<Timestamp> {
        let of = |id: &str| -> Vec<Timestamp> {
            self.clocks.submitted(&self.regime.id, id).iter().map(|submission| submission.at).collect()
        };
        let mut sent = of(&stage.id);
        for other in self.regime.stages.iter().filter(|other| other.updates.as_deref() == Some(&stage.id)) {
            sent.extend(of(&other.id));
        }
        if let Some(updated) = &stage.updates {
            let since =
                self.terms(stage).filter_map(|term| self.clocks.said(&self.regime.id, &term.anchor).last().copied());
            let since = since.map(|anchor| anchor.at).min();
            sent.extend(of(updated).into_iter().filter(|at| since.is_some_and(|since| *at >= since)));
        }
        sent.sort_unstable();
        sent
    }

    fn answer(&self, question: &str) -> Option<bool> {
        self.decision.answers.get(question).copied()
    }

    /// A term from its beginning; none if that was before the rule, or the end lies beyond what times can say.
    fn run(&self, stage: &RegimeStage, begun: Timestamp, due: TermLength) -> Option<Run> {
        let begun = begun.to_zoned(self.calendar.zone.clone());
        let first_day = stage.applies_from.or(self.regime.applies_from);
        if first_day.is_some_and(|first| begun.date() < first) {
            return None;
        }
        let begun = match stage.from_end_of {
            None => begun,
            Some(TermPeriod::CalendarYear) => {
                let last = begun.date().last_of_year().at(23, 59, 59, 0);
                last.to_zoned(self.calendar.zone.clone()).ok()?
            }
        };
        let days_off = self.calendar.days_off(&self.regime.jurisdiction);
        let plain = days_off.after(&begun, due)?;
        // An open question does not relax a duty.
        let shifts = stage.runs_through_unless_not.as_ref().is_none_or(|question| self.answer(question) == Some(false));
        let end = match stage.weekend {
            Weekend::NextWorkingDayNoon if shifts => days_off.noon_if_off(&plain)?,
            _ => plain.timestamp(),
        };
        Some(Run { end, plain_end: plain.timestamp(), begun: begun.timestamp() })
    }

    /// The end of a term with the delays that were allowed while it ran.
    fn tolled(&self, run: Run) -> Timestamp {
        let delays = self.clocks.tollings.iter().filter(|delay| delay.regime.as_str() == self.regime.id);
        let mut delays: Vec<(Timestamp, Timestamp)> = delays.map(|delay| (delay.from, delay.until)).collect();
        delays.sort_unstable();
        let (mut end, mut counted) = (run.end, run.begun);
        for (from, until) in delays {
            // Delays that overlap stop the time once.
            let from = from.max(counted);
            if from > end || until <= from {
                continue;
            }
            end = end.checked_add(until.duration_since(from)).unwrap_or(end);
            counted = until;
        }
        end
    }
}

/// Days off of one jurisdiction.
struct DaysOff<'a> {
    zone: &'a TimeZone,
    holidays: Option<&'a BTreeSet<Date>>,
}

impl Calendar {
    /// Days begin with UTC, and only weekends are off.
    #[must_use]
    pub fn utc() -> Calendar {
        Calendar { zone: TimeZone::UTC, holidays: BTreeMap::new() }
    }

    fn days_off(&self, jurisdiction: &str) -> DaysOff<'_> {
        DaysOff { zone: &self.zone, holidays: self.holidays.get(jurisdiction) }
    }
}

impl DaysOff<'_> {
    fn is_off(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        weekend || self.holidays.is_some_and(|holidays| holidays.contains(&day))
    }

    fn after(&self, begun: &Zoned, due: TermLength) -> Option<Zoned> {
        let add = |span: Span| begun.checked_add(span).ok();
        match due {
            TermLength::Minutes(minutes) => add(i64::from(minutes).minutes()),
            TermLength::Hours(hours) => add(i64::from(hours).hours()),
            TermLength::Days(days) => add(i64::from(days).days()),
            TermLength::Months(months) => add(i64::from(months).months()),
            TermLength::BusinessDays(days) => {
                let mut at = begun.clone();
                for _ in 0..days {
                    at = self.next_working(&at)?;
                }
                Some(at)
            }
        }
    }

    fn next_working(&self, at: &Zoned) -> Option<Zoned> {
        let mut at = at.clone();
        for _ in 0..DAYS_OFF_MAX {
            at = at.checked_add(1.day()).ok()?;
            if !self.is_off(at.date()) {
                return Some(at);
            }
        }
        None
    }

    fn noon_if_off(&self, end: &Zoned) -> Option<Timestamp> {
        if !self.is_off(end.date()) {
            return Some(end.timestamp());
        }
        let day = self.next_working(end)?.date();
        Some(day.at(12, 0, 0, 0).to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}
