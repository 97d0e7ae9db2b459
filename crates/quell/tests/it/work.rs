//! The work on incidents under random commands: whatever is tried, what holds must hold.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::deadline::Calendar;
use quell_incident::gate::{self, ActivityState, Surroundings};
use quell_incident::work::{
    Desk, EntityFact, EvidenceFact, ItemId, RecoveryFact, ReviewFact, Stamp, Step, UndoFact, Verdict, Work, WorkFact,
};
use quell_incident::{Incident, IncidentFact, Told, deadline};
use quell_model::handbook::Handbook;
use quell_model::process::ResponseRole;
use quell_model::{Level, Timestamp};
use serde_json::{Value, json};

/// Commands of all sequences together.
const COMMANDS: usize = 1_000_000;
/// Commands of one sequence.
const SEQUENCE: usize = 250;
const USERS: [&str; 3] = ["usr-1", "usr-2", "usr-3"];
/// Kinds of work that are tried and can be carried out here.
const KINDS: usize = 60;
/// An entry that never is.
const NOWHERE: u64 = ItemId::MAX;

/// A small generator, so that a sequence is its seed (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }

    fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.roll(from.len())]
    }
}

pub(crate) fn told() -> Told {
    Told {
        title: "Intrusion on ws-01".to_owned(),
        severity: Level::High,
        first_seen: None,
        last_seen: None,
        techniques: Vec::new(),
        hosts: vec!["ws-01".to_owned(), "srv-02".to_owned()],
        principals: vec!["alice".to_owned()],
        groups: Vec::new(),
        alerts: 12,
        sources: Vec::new(),
        story: String::new(),
    }
}

struct World<'h> {
    handbook: &'h Handbook,
    incident: Incident,
    dice: Dice,
    now: Timestamp,
    entries: Vec<(Stamp, WorkFact)>,
    /// Kind and entry of what was carried out.
    said: Vec<(String, u64)>,
    work: Work,
    /// How often something of each kind was carried out.
    kinds: BTreeMap<String, usize>,
}

impl World<'_> {
    fn new(handbook: &Handbook, seed: u64) -> World<'_> {
        let incident = Incident::begin(IncidentFact::Opened { told: told(), why: Vec::new() }).unwrap();
        let now = "2026-11-02T08:00:00Z".parse().unwrap();
        World {
            handbook,
            incident,
            dice: Dice(seed),
            now,
            entries: Vec::new(),
            said: Vec::new(),
            work: Work::default(),
            kinds: BTreeMap::new(),
        }
    }

    /// Some entry so far, or one that never was.
    fn some_entry(&mut self) -> u64 {
        self.some_entry_of("")
    }

    /// Some entry of a kind so far, or one that never was.
    fn some_entry_of(&mut self, kind: &str) -> u64 {
        let of_kind = |(known, _): &&(String, u64)| known.starts_with(kind);
        let found: Vec<u64> = self.said.iter().rev().filter(of_kind).take(8).map(|(_, entry)| *entry).collect();
        match found.len() {
            count if count > 0 && self.dice.roll(20) > 0 => found[self.dice.roll(count)],
            _ => NOWHERE,
        }
    }

    fn entity(&mut self) -> Value {
        let (kind, name) =
            [("host", "ws-01"), ("host", "srv-02"), ("principal", "alice"), ("file", "x.exe")][self.dice.roll(4)];
        json!({ "kind": kind, "name": name })
    }

    fn reference(&mut self) -> Value {
        match self.dice.roll(3) {
            0 => json!({ "evidence": self.some_entry_of("evidence.sealed") }),
            1 => json!({ "event": "7-1" }),
            _ => json!({ "elsewhere": "ticket 7" }),
        }
    }

    fn command(&mut self) -> (&'static str, Value) {
        let text = self.dice.pick(&["a reason", "another reason", "**because**"]);
        match self.dice.roll(5) {
            0 => self.about_the_whole(text),
            1 => self.about_entities(text),
            2 => self.about_items(text),
            3 => self.about_evidence_and_clocks(text),
            _ => self.afterwards(text),
        }
    }

    fn about_the_whole(&mut self, text: &str) -> (&'static str, Value) {
        let activities = &self.handbook.process.activities;
        let activity = activities[self.dice.roll(activities.len())].id.clone();
        let frameworks = &self.handbook.process.frameworks;
        let framework = frameworks[self.dice.roll(frameworks.len())].id.clone();
        let role = self.dice.pick(&["commander", "deputy", "scribe", "liaison", "subject_expert"]);
        let user = self.dice.pick(&USERS);
        let level = self.dice.pick(&["none", "low", "medium", "high", "unknown"]);
        match self.dice.roll(9) {
            0 => ("incident.declared", json!({ "criteria": ["intruder-inside"], "reason": text })),
            1 => {
                let inputs = json!({ "functional": level, "recoverability": "regular", "information": ["unknown"] });
                ("incident.severity_assessed", json!({ "inputs": inputs, "reason": text }))
            }
            2 => ("incident.classified", json!({ "class": { "rsit": "infected-system" }, "reason": text })),
            3 => ("role.given", json!({ "role": role, "to": user })),
            4 => ("role.left", json!({ "role": role, "user": user })),
            5 => ("framework.chosen", json!({ "framework": framework })),
            6 => ("activity.done", json!({ "activity": activity, "how": text })),
            7 => ("activity.waived", json!({ "activity": activity, "reason": text })),
            _ => ("activity.reopened", json!({ "activity": activity, "reason": text })),
        }
    }

    fn about_entities(&mut self, text: &str) -> (&'static str, Value) {
        let (entity, reference) = (self.entity(), self.reference());
        let step = self.dice.pick(&["contain", "clean", "check_source", "restore"]);
        let verdict = self.dice.pick(&["affected", "affected", "ruled_out"]);
        match self.dice.roll(10) {
            0 => ("entity.added", json!({ "entity": entity, "reason": text })),
            1 | 2 => ("entity.judged", json!({ "entity": entity, "verdict": verdict, "reason": text })),
            3 | 4 => ("entity.step_done", json!({ "entity": entity, "step": step, "how": text })),
            5..=7 => {
                let body = json!({ "entity": entity, "step": step, "how": text, "references": [reference] });
                ("entity.step_verified", body)
            }
            8 => ("entity.step_reopened", json!({ "entity": entity, "step": step, "reason": text })),
            _ if self.dice.roll(8) == 0 => ("entity.retired", json!({ "entity": entity, "how": text })),
            _ => ("impact.weighed", json!({ "impact": text, "decision": text })),
        }
    }

    fn about_items(&mut self, text: &str) -> (&'static str, Value) {
        let user = self.dice.pick(&USERS);
        let hypothesis = self.some_entry_of("hypothesis.stated");
        let question = self.some_entry_of("question.asked");
        let task = self.some_entry_of("task.set");
        let measure = self.some_entry_of("measure.taken");
        match self.dice.roll(18) {
            0 => ("hypothesis.stated", json!({ "about": "root_cause", "text": text })),
            1 => {
                let reference = self.reference();
                let body = json!({ "hypothesis": hypothesis, "side": "for", "reference": reference, "note": text });
                ("hypothesis.weighed", body)
            }
            2 => ("hypothesis.settled", json!({ "hypothesis": hypothesis, "outcome": "accepted", "reason": text })),
            3 => ("question.asked", json!({ "text": text })),
            4 => ("question.answered", json!({ "question": question, "answer": text })),
            5 => ("question.dropped", json!({ "question": question, "reason": text })),
            6 => ("task.set", json!({ "title": "look at it", "activity": "contain-affected" })),
            7 => ("task.assigned", json!({ "task": task, "to": user })),
            8 => ("task.moved", json!({ "task": task, "due_at": "2026-12-01T08:00:00Z", "reason": text })),
            9 => ("task.done", json!({ "task": task, "result": text })),
            10 => ("task.dropped", json!({ "task": task, "reason": text })),
            11 => ("task.reopened", json!({ "task": task, "reason": text })),
            12 => ("incident.noted", json!({ "text": text })),
            13 => ("note.changed", json!({ "note": self.some_entry_of("incident.noted"), "text": text })),
            14 => ("measure.taken", json!({ "purpose": "hold", "text": text })),
            15 => ("measure.verified", json!({ "measure": measure, "how": text })),
            16 => ("measure.lifted", json!({ "measure": measure, "reason": text })),
            _ => ("incident.linked", json!({ "incident": format!("inc-{}", self.dice.roll(9)), "reason": text })),
        }
    }

    fn about_evidence_and_clocks(&mut self, text: &str) -> (&'static str, Value) {
        let (entity, now) = (self.entity(), self.now.to_string());
        let (id, message) = (self.some_entry_of("evidence.sealed"), self.some_entry_of("message.recorded"));
        match self.dice.roll(15) {
            0 => {
                let about = json!({ "name": "memory.raw", "description": text, "volatility": "memory",
                    "entity": entity, "collected_at": now, "collected_by": "alice" });
                ("evidence.sealed", json!({ "sha256": "0".repeat(64), "size_bytes": 1, "about": about }))
            }
            1 => ("evidence.accessed", json!({ "evidence": id, "purpose": text })),
            2 => {
                let intact = self.dice.roll(8) > 0;
                ("evidence.verified", json!({ "evidence": id, "intact": intact, "found": "as it is" }))
            }
            3 => ("evidence.held", json!({ "evidence": id, "reason": text })),
            4 => ("evidence.hold_lifted", json!({ "evidence": id, "reason": text })),
            5 => ("evidence.redacted", json!({ "evidence": id, "reason": text })),
            6 => ("evidence.released", json!({ "evidence": id, "reason": text })),
            7 => ("clock.anchor_set", json!({ "anchor": "aware", "at": now, "reason": text })),
            8 => {
                let applies = self.dice.roll(3) > 0;
                let regime = self.dice.pick(&["gdpr-33", "hipaa"]);
                ("clock.decided", json!({ "regime": regime, "applies": applies, "reason": text }))
            }
            9 => {
                let (stage, reference) = ("authority", self.reference());
                let body = json!({ "regime": "gdpr-33", "stage": stage, "at": now, "reference": reference });
                ("clock.submitted", body)
            }
            10 => {
                let body = json!({ "audience": "management", "channel": "phone", "subject": "An incident",
                    "text": text, "tlp": "amber+strict" });
                ("message.recorded", body)
            }
            11 => ("message.acknowledged", json!({ "message": message, "by": "the chief" })),
            12 => (
                "evidence.transferred",
                json!({ "evidence": id, "to": "the police", "how": "by hand", "purpose": text }),
            ),
            13 => {
                let body = json!({ "regime": "hipaa", "from": "2026-11-01T00:00:00Z", "until": now, "authority": "police",
                    "reason": text });
                ("clock.tolled", body)
            }
            _ => ("message.delivered", json!({ "message": message, "answer": "250 ok" })),
        }
    }

    fn afterwards(&mut self, text: &str) -> (&'static str, Value) {
        let later = self.now.checked_add(std::time::Duration::from_secs(600)).unwrap().to_string();
        let (reference, id) = (self.reference(), self.some_entry_of("lesson.found"));
        match self.dice.roll(14) {
            0 => ("watch.started", json!({ "until": later, "what": text })),
            1 => ("watch.hit", json!({ "reference": reference, "text": text })),
            2 => ("watch.ended", json!({ "text": text })),
            3 => ("recovery.declared", json!({ "text": text })),
            4 => {
                let post_mortem = json!({ "held_at": self.now.to_string(), "participants": ["alice"], "summary": text,
                    "detection": text, "handling": text, "outcome": text });
                ("post_mortem.held", json!({ "post_mortem": post_mortem }))
            }
            5 => ("lesson.found", json!({ "text": text, "target": "plan" })),
            6 => ("lesson.owned", json!({ "lesson": id, "owner": "usr-1", "due_at": later, "proof": text })),
            7 => ("lesson.closed", json!({ "lesson": id, "reference": reference, "how": text })),
            8 => ("lesson.dropped", json!({ "lesson": id, "reason": text })),
            9 => ("lesson.shared", json!({ "lesson": id, "with": "the team" })),
            10 => {
                let body = json!({ "audience": "management", "form": "markdown", "sha256": "1".repeat(64),
                    "tlp": "amber" });
                ("report.issued", body)
            }
            _ => ("entry.undone", json!({ "entry": self.some_entry(), "reason": text })),
        }
    }

    /// Tries one command; answers whether something came of it.
    fn step(&mut self) -> bool {
        let (kind, body) = self.command();
        let fact = WorkFact::read(kind, &body).unwrap_or_else(|error| panic!("{error}"));
        self.now = self.now.checked_add(std::time::Duration::from_secs(60)).unwrap();
        let desk = Desk { incident: &self.incident, handbook: self.handbook, now: self.now };
        let Ok(fact) = self.work.decide(&desk, fact) else { return false };
        let (kind, body) = fact.parts();
        assert_eq!(WorkFact::read(&kind, &body).as_ref(), Ok(&fact), "it can be read again");
        self.check_fact(&fact);
        *self.kinds.entry(kind.clone()).or_default() += 1;
        let entry = self.entries.last().map_or(1, |(stamp, _)| stamp.entry + 1);
        let stamp = Stamp { entry, at: self.now, actor: USERS[self.dice.roll(3)].to_owned() };
        self.said.push((kind, entry));
        self.entries.push((stamp.clone(), fact.clone()));
        self.work.apply(stamp, fact);
        true
    }

    /// What must hold at the moment something is decided.
    fn check_fact(&self, fact: &WorkFact) {
        let work = &self.work;
        match fact {
            WorkFact::Recovery(RecoveryFact::Declared { .. }) => {
                assert!(work.entities.affected().all(|entity| entity.is_verified(Step::Restore)));
            }
            WorkFact::Review(ReviewFact::Issued { .. }) => assert!(work.evidence.damaged().is_none()),
            WorkFact::Entity(EntityFact::StepDone { entity, step: Step::Restore, .. }) => {
                let checked = work.entities.get(entity).unwrap().step(Step::CheckSource).is_some();
                assert!(checked || !entity.is_restored_from_something());
            }
            WorkFact::Evidence(EvidenceFact::Redacted { evidence, .. } | EvidenceFact::Released { evidence, .. }) => {
                assert!(!work.evidence.get(*evidence).unwrap().held);
            }
            WorkFact::Undo(UndoFact::Undone { entry, .. }) => {
                let (_, undone) = work.entry(*entry).unwrap();
                assert!(!matches!(undone, WorkFact::Evidence(_) | WorkFact::Message(_) | WorkFact::Undo(_)));
            }
            _ => {}
        }
    }

    /// What must hold at any time.
    fn check(&self) {
        let work = &self.work;
        for role in [ResponseRole::Commander, ResponseRole::Deputy, ResponseRole::Scribe] {
            assert!(work.roles.holders(role).count() <= 1, "one person at most is {role:?}");
        }
        for entity in work.entities.iter() {
            let ruled_out = entity.judged.as_ref().is_some_and(|judged| judged.verdict == Verdict::RuledOut);
            assert!(!ruled_out || entity.steps.is_empty(), "nothing is done on what is not affected");
        }
        let recovered = work.entities.affected().all(|entity| entity.is_verified(Step::Restore));
        assert!(work.recovery.declared.is_none() || recovered, "what is affected has not recovered");
        let accepted = work.inquiry.root_cause();
        assert!(accepted.is_none_or(|cause| !cause.grounds.is_empty()), "a root cause has its evidence");
        for lesson in &work.review.lessons {
            let proven = lesson.end.as_ref().is_some_and(|end| end.reference.is_some());
            assert!(!proven || lesson.owned.is_some(), "a lesson closes by the proof that its owner named");
        }
        let items: Vec<ItemId> = (work.tasks.iter().map(|task| task.id))
            .chain(work.notes.iter().map(|note| note.id))
            .chain(work.inquiry.hypotheses.iter().map(|it| it.id))
            .chain(work.inquiry.questions.iter().map(|it| it.id))
            .chain(work.review.lessons.iter().map(|it| it.id))
            .chain(work.evidence.iter().map(|it| it.id))
            .collect();
        assert_eq!(items.iter().collect::<BTreeSet<_>>().len(), items.len(), "ids are one of a kind");
        assert!(items.iter().all(|item| work.entry(item.0).is_some()), "each item has its entry");
    }

    /// Rebuilding gives what is there; what was undone is as if it had never been; the past is as it was.
    fn check_folds(&self, past: &(usize, Work)) {
        assert_eq!(Work::of(self.entries.clone()), self.work, "rebuild equals live");
        let undone: BTreeSet<u64> = self.work.undone.iter().map(|undone| undone.entry).collect();
        let counts =
            |(stamp, fact): &&(Stamp, WorkFact)| !undone.contains(&stamp.entry) && !matches!(fact, WorkFact::Undo(_));
        let mut without = Work::of(self.entries.iter().filter(counts).cloned());
        without.undone.clone_from(&self.work.undone);
        assert_eq!(without, self.work, "what was undone left no trace in the state");
        assert_eq!(Work::of(self.entries[..past.0].iter().cloned()), past.1, "as of then");
    }

    /// The gates are the same whatever framework is looked through, and the same as a fresh computation.
    fn check_gates(&mut self) {
        let process = &self.handbook.process;
        let states = self.states(&self.work);
        let mut switched = self.work.clone();
        for round in 0..process.frameworks.len() * 2 {
            let framework = &process.frameworks[self.dice.roll(process.frameworks.len())];
            let body = json!({ "framework": framework.id });
            let fact = WorkFact::read("framework.chosen", &body).unwrap();
            let stamp = Stamp { entry: 1 << 40 | round as u64, at: self.now, actor: "usr-1".to_owned() };
            switched.apply(stamp, fact);
            assert_eq!(self.states(&switched), states, "a framework changes nothing but the view");
            let view = gate::view(process, framework, &states);
            let shown = view.phases.iter().flat_map(|phase| &phase.activities);
            assert!(shown.clone().all(|shown| shown.state == states[shown.id]));
            assert_eq!(shown.map(|shown| shown.id).collect::<BTreeSet<_>>().len(), process.activities.len());
            for phase in &view.phases {
                let of_incident = phase.activities.iter().filter(|it| it.state != ActivityState::Organisation);
                let open = of_incident.clone().filter(|it| it.required && !it.state.is_settled()).count();
                let expected = match (of_incident.count(), open) {
                    (0, _) => gate::Gate::Organisation,
                    (_, 0) => gate::Gate::Open,
                    _ if framework.phases.iter().any(|it| it.id == phase.id && it.optional) => gate::Gate::Optional,
                    _ => gate::Gate::Closed,
                };
                assert_eq!(phase.gate, expected, "{} in {}", phase.id, framework.id);
            }
        }
    }

    fn states(&self, work: &Work) -> gate::ActivityStates {
        let calendar = Calendar::utc();
        let deadlines = deadline::deadlines(&self.handbook.regimes, &work.clocks, &calendar, self.now);
        let around = Surroundings { deadlines, findings: 1, decisions: 1, ..Surroundings::default() };
        gate::assess(self.handbook, &self.incident, work, &around)
    }
}

#[test]
fn a_million_random_commands_break_nothing() {
    let handbook = quell_content::handbook::handbook().unwrap();
    let (mut tried, mut done) = (0, 0);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 1..=COMMANDS / SEQUENCE {
        let mut world = World::new(&handbook, seed as u64 * 0x9e37_79b9);
        let mut past = (0, Work::default());
        for step in 0..SEQUENCE {
            done += usize::from(world.step());
            tried += 1;
            if step % 50 == 0 {
                world.check();
            }
            if step == SEQUENCE / 2 {
                past = (world.entries.len(), world.work.clone());
            }
        }
        world.check();
        world.check_folds(&past);
        if seed % 40 == 0 {
            world.check_gates();
        }
        world.kinds.into_iter().for_each(|(kind, count)| *kinds.entry(kind).or_default() += count);
    }
    assert_eq!(tried, COMMANDS);
    assert!(done > COMMANDS / 4, "most commands were refused: {done}");
    // Only what Quell sends is delivered, and here it sends nothing.
    let rarest = kinds.iter().min_by_key(|(_, count)| **count).unwrap();
    assert_eq!(kinds.len(), KINDS, "something was never carried out: {kinds:?}");
    assert!(*rarest.1 > 100, "{rarest:?}");
    println!(
        "{tried} commands, {done} carried out, of {KINDS} kinds, {} the rarest with {}, {} sequences: no broken invariant",
        rarest.0,
        rarest.1,
        COMMANDS / SEQUENCE
    );
}
