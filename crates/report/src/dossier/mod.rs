//! Reports on an incident for those who have to know: the same facts, told to each as they need them.
//!
//! Everything comes from the story that Quell tells and from the work that people recorded. What nobody recorded is a gap that
//! the writer sees, never a sentence that sounds good.

mod parts;

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::carried::ELSEWHERE;
use quell_incident::deadline::Deadline;
use quell_incident::timeline::MomentKind;
use quell_incident::work::{Stamp, Tlp, Work};
use quell_incident::{Status, Told};
use quell_model::{Incident, IncidentId, Timestamp};

use crate::document::{Block, Claim, Document, Line, Section, Source};
use crate::words;

/// For whom a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Those who answer for the organisation: one page.
    Executive,
    /// Lawyers.
    Legal,
    /// An authority, for one stage of one regime.
    Regulator,
    /// The team and other technical staff.
    Technical,
    /// Customers and the public.
    Customers,
    /// Those who learn from it.
    PostMortem,
}

impl Audience {
    /// All of them.
    pub const ALL: [Audience; 6] = [
        Audience::Executive,
        Audience::Legal,
        Audience::Regulator,
        Audience::Technical,
        Audience::Customers,
        Audience::PostMortem,
    ];

    /// Name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Audience::Executive => "executive",
            Audience::Legal => "legal",
            Audience::Regulator => "regulator",
            Audience::Technical => "technical",
            Audience::Customers => "customers",
            Audience::PostMortem => "post_mortem",
        }
    }

    fn shown(self) -> &'static str {
        match self {
            Audience::Executive => "management",
            Audience::Legal => "legal counsel",
            Audience::Regulator => "the authority",
            Audience::Technical => "technical staff",
            Audience::Customers => "customers",
            Audience::PostMortem => "everybody who learns from it",
        }
    }

    fn sections(self) -> &'static [parts::Part] {
        use parts::{
            actions, affected, causes, customer_advice, deadlines, decisions, drawings, evidence, hypotheses, impact,
            indicators, lessons, messages, next_steps, post_mortem, regulator_fields, root_cause, summary, techniques,
            timeline, timeline_short,
        };
        match self {
            Audience::Executive => &[summary, impact, actions, decisions, next_steps],
            Audience::Legal => {
                &[summary, impact, affected, deadlines, messages, evidence, decisions, timeline, hypotheses]
            }
            Audience::Regulator => &[regulator_fields, summary, impact, affected, root_cause, actions, timeline_short],
            Audience::Technical => &[
                summary, drawings, root_cause, causes, affected, techniques, indicators, actions, evidence, hypotheses,
                timeline, lessons, next_steps,
            ],
            Audience::Customers => &[customer_advice],
            Audience::PostMortem => {
                &[post_mortem, drawings, root_cause, impact, timeline, actions, lessons, next_steps]
            }
        }
    }
}

/// Something on the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Entry that says it.
    pub stamp: Stamp,
    /// What it is.
    pub kind: MomentKind,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub title: String,
}

/// Everything that reports are made of.
#[derive(Debug, Clone, Copy)]
pub struct Dossier<'a> {
    /// Which incident.
    pub id: &'a IncidentId,
    /// How far work is.
    pub status: Status,
    /// What is told of it.
    pub told: &'a Told,
    /// The story, if there is one.
    pub story: Option<&'a Incident>,
    /// What people did.
    pub work: &'a Work,
    /// Its timeline.
    pub timeline: &'a [Moment],
    /// What is due under the regimes that apply.
    pub deadlines: &'a [Deadline],
    /// Names of people by user id.
    pub names: &'a BTreeMap<String, String>,
    /// When the report is made.
    pub now: Timestamp,
}

impl Dossier<'_> {
    /// The report for an audience.
    #[must_use]
    pub fn report(&self, audience: Audience, tlp: Tlp) -> Document {
        let sections = audience.sections().iter().filter_map(|part| part(self)).collect::<Vec<Section>>();
        let mut document = Document {
            title: format!("{}: {}", self.id, self.told.title),
            audience: audience.shown(),
            tlp,
            facts: self.facts(),
            sections,
            entries: Vec::new(),
        };
        document.entries = self.entries(&document);
        document
    }

    fn facts(&self) -> Vec<(&'static str, Line)> {
        let story = self.story_source();
        let told = |text: String| Line::from(Claim::new(text, story.clone()));
        let severity = match self.work.triage.severity() {
            Some(assessed) => Claim::new(assessed.result.level.as_str(), Source::Entry(assessed.stamp.entry)).into(),
            None => told(format!("{}, as Quell sees it; nobody assessed it", self.told.severity.as_str())),
        };
        let declared = match &self.work.triage.declared {
            Some(declared) => {
                let text = format!("{}, by {}", words::moment(declared.stamp.at), self.name(&declared.stamp.actor));
                Claim::new(text, Source::Entry(declared.stamp.entry)).into()
            }
            None => Line::Ours("it was not declared"),
        };
        vec![
            ("State", told(format!("{} as of {}", self.status.as_str().replace('_', " "), words::moment(self.now)))),
            ("Severity", severity),
            ("Declared", declared),
            ("First sign", self.told.first_seen.map_or(Line::Gap("when it began"), |at| told(words::moment(at)))),
        ]
    }

    /// The story, as a source.
    fn story_source(&self) -> Source {
        Source::Story(self.told.story.chars().take(8).collect())
    }

    /// Somebody's name, as far as it is known.
    pub(crate) fn name(&self, actor: &str) -> String {
        let actor = actor.strip_prefix(ELSEWHERE).unwrap_or(actor);
        self.names.get(actor).cloned().unwrap_or_else(|| actor.to_owned())
    }

    /// The entries that a document names, as the work has them.
    fn entries(&self, document: &Document) -> Vec<(Stamp, String)> {
        let named: BTreeSet<u64> = document
            .sources()
            .flatten()
            .filter_map(|source| match source {
                Source::Entry(entry) => Some(*entry),
                Source::Event(_) | Source::Story(_) => None,
            })
            .collect();
        let of_work = self.work.log().map(|(stamp, fact)| (stamp.clone(), fact.parts().0));
        let of_timeline = self.timeline.iter().map(|moment| (moment.stamp.clone(), "timeline.added".to_owned()));
        let mut found: BTreeMap<u64, (Stamp, String)> = BTreeMap::new();
        for (stamp, kind) in of_work.chain(of_timeline).filter(|(stamp, _)| named.contains(&stamp.entry)) {
            let actor = self.name(&stamp.actor);
            found.entry(stamp.entry).or_insert((Stamp { actor, ..stamp }, kind));
        }
        found.into_values().collect()
    }
}

/// A section, if there is something to say.
fn section(heading: &'static str, blocks: Vec<Block>) -> Option<Section> {
    (!blocks.is_empty()).then_some(Section { heading, blocks })
}
