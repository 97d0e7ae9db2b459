//! The timeline: steps of the intrusion and of the background to records that are due, in order of time.
//!
//! Ids, delays and parameters are settled here; the records themselves are written later, one by one, so that a large
//! background does not have to be held as text twice. What the intrusion draws does not depend on the background: the
//! same seed gives the same intrusion at any ratio.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::RenderOptions;
use super::error::{Fault, ScenarioError};
use super::eval::{self, Scope};
use super::expr::{Node, TIME};
use super::ids::{Ids, Random};
use super::load::{Background, Scenario, Signature, Step, What, When};

/// Macros may run macros this deep.
const DEPTH_MAX: usize = 8;
/// Most records of an intrusion.
const STEPS_MAX: usize = 50_000;
/// Streams of numbers: from here on one for each piece of background.
const BACKGROUND_STREAM: u64 = 1 << 32;
/// Most benign pieces of work that may yield no record.
const IDLE_MAX: u32 = 1_000;

/// What will be written.
#[derive(Debug)]
pub(super) struct Plan {
    /// By time.
    pub(super) records: Vec<Planned>,
    pub(super) links: Vec<Link>,
    /// Names in force after the last step.
    pub(super) scope: Rc<Scope>,
    pub(super) ids: Ids,
    /// Time of the earliest record.
    pub(super) begin: i64,
}

/// A record that is due.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) at: i64,
    /// Number in order of planning; the intrusion comes first.
    pub(super) order: u64,
    pub(super) template: String,
    pub(super) scope: Rc<Scope>,
    pub(super) mark: Mark,
}

/// What a record means.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    /// The attacker caused it.
    pub(super) attack: bool,
    /// Step of the story it proves.
    pub(super) link: Option<usize>,
}

/// A step of the story.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) at: i64,
    pub(super) source: String,
    pub(super) action: String,
    pub(super) target: String,
}

impl Plan {
    /// Plans a rendering.
    pub(super) fn of(scenario: &Scenario, options: &RenderOptions) -> Result<Plan, ScenarioError> {
        let start = i64::try_from(options.start.as_nanosecond())
            .map_err(|_| Fault::Span(options.start.to_string()).at(&scenario.file))?;
        let mut ids = Ids::new(options.seed);
        let cast = cast(scenario, start, &mut ids)?;
        let mut planner = Planner {
            scenario,
            ids,
            cast: Rc::clone(&cast),
            records: Vec::new(),
            links: Vec::new(),
            names: BTreeMap::new(),
            limit: STEPS_MAX,
        };
        let inside = Rc::new(Scope::inside(&cast));
        let (scope, _) = planner.steps(&scenario.steps, inside, Run { at: start, depth: 0, mark: None })?;
        if planner.full() {
            return Err(Fault::TooMuch("records of the intrusion").at(&scenario.file));
        }
        planner.background(options)?;
        planner.records.sort_by_key(|record| (record.at, record.order));
        let begin = planner.records.first().map_or(start, |first| first.at);
        Ok(Plan { records: planner.records, links: planner.links, scope, ids: planner.ids, begin })
    }
}

/// Evaluates the cast, in order: each may use those before it, and `start`.
fn cast(scenario: &Scenario, start: i64, ids: &mut Ids) -> Result<Rc<Scope>, ScenarioError> {
    let mut scope = Scope::default();
    scope.set("start", Value::from(start));
    scope.set(TIME, Value::from(start));
    for (name, node) in &scenario.cast {
        let place = || format!("{}: cast `{name}`", scenario.file);
        let value = eval::value(node, &scope, ids).map_err(|fault| fault.at(&place()))?;
        scope.set(name, value.unwrap_or(Value::Null));
    }
    Ok(Rc::new(scope))
}

struct Planner<'a> {
    scenario: &'a Scenario,
    ids: Ids,
    cast: Rc<Scope>,
    records: Vec<Planned>,
    links: Vec<Link>,
    /// Steps of the story by the name of their step.
    names: BTreeMap<String, usize>,
    /// No more records than this.
    limit: usize,
}

/// Circumstances of a list of steps.
#[derive(Clone, Copy)]
struct Run {
    /// Time of its start.
    at: i64,
    depth: usize,
    /// What its records mean; none where each step says so itself.
    mark: Option<Mark>,
}

impl<'a> Planner<'a> {
    fn full(&self) -> bool {
        self.records.len() >= self.limit
    }

    /// Plans steps one after the other; returns the names and the time at the end.
    fn steps(&mut self, steps: &[Step], scope: Rc<Scope>, run: Run) -> Result<(Rc<Scope>, i64), ScenarioError> {
        let mut scope = scope;
        let mut at = run.at;
        for step in steps {
            if self.full() {
                break;
            }
            let begin = match step.when {
                When::At(offset) => (run.at + offset + self.ids.random.between(50_000_000, 950_000_000)).max(at),
                When::After(delay) => at + delay.draw(&mut self.ids.random),
            };
            let mark = match run.mark {
                Some(mark) => mark,
                None => self.mark(step, begin, &scope)?,
            };
            let outcome = self.step(step, &scope, Run { at: begin, depth: run.depth, mark: Some(mark) })?;
            at = outcome.1;
            if let (Some(name), Some(used)) = (&step.name, outcome.0) {
                let mut more = Scope::inside(&scope);
                more.set(name, used);
                scope = Rc::new(more);
            }
        }
        Ok((scope, at))
    }

    /// What the records of a step of the intrusion mean; a step of the story is begun here.
    fn mark(&mut self, step: &Step, at: i64, scope: &Scope) -> Result<Mark, ScenarioError> {
        let fault = |fault: Fault| fault.at(&step.place);
        let link = match (&step.chain, &step.proves) {
            (Some(parts), _) => {
                let mut text = |index: usize| eval::text(&parts[index], scope, &mut self.ids).map_err(fault);
                let link = Link { at, source: text(0)?, action: text(1)?, target: text(2)? };
                self.links.push(link);
                let index = self.links.len() - 1;
                self.names.extend(step.name.clone().map(|name| (name, index)));
                Some(index)
            }
            (None, Some(name)) => Some(*self.names.get(name).ok_or_else(|| fault(Fault::UnknownName(name.clone())))?),
            (None, None) => None,
        };
        Ok(Mark { attack: !step.benign, link })
    }

    /// Plans all repetitions of a step; returns what the last one used and its time.
    fn step(&mut self, step: &Step, scope: &Rc<Scope>, run: Run) -> Result<(Option<Value>, i64), ScenarioError> {
        let items = match &step.each {
            Some(list) => eval::list(list, scope).map_err(|fault| fault.at(&step.place))?,
            None => vec![Value::Null; usize::try_from(step.repeat.draw(&mut self.ids.random)).unwrap_or(0)],
        };
        let mut used = None;
        let mut at = run.at;
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                at += step.every.draw(&mut self.ids.random);
            }
            let mut inside = Scope::inside(scope);
            inside.set(TIME, Value::from(at));
            inside.set("i", Value::from(index));
            inside.set("item", item);
            let (scope, end) = self.once(step, &Rc::new(inside), Run { at, ..run })?;
            at = end;
            used = step.name.as_ref().and(scope).map(|scope| Value::Object(scope.locals()));
            if self.full() {
                break;
            }
        }
        Ok((used, at))
    }

    fn once(&mut self, step: &Step, outer: &Rc<Scope>, run: Run) -> Result<(Option<Rc<Scope>>, i64), ScenarioError> {
        match &step.what {
            What::Unlogged => Ok((None, run.at)),
            What::Record(name) => {
                let Some(template) = self.scenario.templates.get(name) else { return Ok((None, run.at)) };
                let scope = Rc::new(self.bind(step, &template.signature, outer)?);
                self.records.push(Planned {
                    at: run.at,
                    order: self.records.len() as u64,
                    template: name.clone(),
                    scope: Rc::clone(&scope),
                    mark: run.mark.unwrap_or_default(),
                });
                Ok((Some(scope), run.at))
            }
            What::Run(name) => {
                let Some(called) = self.scenario.macros.get(name) else { return Ok((None, run.at)) };
                if run.depth == DEPTH_MAX {
                    return Err(Fault::TooMuch("macros run each other").at(&called.place));
                }
                let mut scope = self.bind(step, &called.signature, outer)?;
                self.lets(&called.lets, &mut scope, &called.place)?;
                let run = Run { depth: run.depth + 1, ..run };
                let (scope, end) = self.steps(&called.steps, Rc::new(scope), run)?;
                Ok((Some(scope), end))
            }
        }
    }

    /// Parameters of a template or macro: what the step gives, else what its caller calls by the same name, else the
    /// default.
    fn bind(&mut self, step: &Step, signature: &Signature, outer: &Rc<Scope>) -> Result<Scope, ScenarioError> {
        let fault = |fault: Fault| fault.at(&step.place);
        let mut scope = Scope::inside(&self.cast);
        scope.set(TIME, outer.get(TIME).cloned().unwrap_or_default());
        let needs = signature.needs.iter().map(|name| (name, None));
        let defaults = signature.defaults.iter().map(|(name, node)| (name, Some(node)));
        for (name, default) in needs.chain(defaults) {
            let given = step.with.iter().find(|(given, _)| given == name);
            let mut found = match given {
                Some((_, node)) => eval::shared(node, outer, &mut self.ids).map_err(fault)?,
                None => outer.get_local(name).cloned(),
            };
            if let (None, Some(node)) = (&found, default) {
                found = eval::shared(node, &scope, &mut self.ids).map_err(fault)?;
            }
            match found {
                Some(value) => scope.set(name, value),
                None if default.is_none() => return Err(fault(Fault::Needed(name.clone()))),
                None => {}
            }
        }
        Ok(scope)
    }

    fn lets(&mut self, lets: &[(String, Node)], scope: &mut Scope, place: &str) -> Result<(), ScenarioError> {
        for (name, node) in lets {
            if let Some(value) = eval::shared(node, scope, &mut self.ids).map_err(|fault| fault.at(place))? {
                scope.set(name, value);
            }
        }
        Ok(())
    }

    /// Adds benign records until there are as many as asked for: each kind of work once, then by weight.
    fn background(&mut self, options: &RenderOptions) -> Result<(), ScenarioError> {
        let attack = self.records.iter().filter(|record| record.mark.attack).count();
        self.limit = self.records.len().max(attack + attack * options.background_ratio as usize);
        let times = || self.records.iter().map(|record| record.at);
        let first = times().min().unwrap_or_default().saturating_sub(self.scenario.around.0);
        let last = times().max().unwrap_or_default().saturating_add(self.scenario.around.1);
        let mut idle = 0;
        for number in 0_u64.. {
            let before = self.records.len();
            self.ids.random = Random::stream(options.seed, BACKGROUND_STREAM + number);
            let Some(work) = self.work(number).filter(|_| !self.full()) else { break };
            let at = self.ids.random.between(first, last);
            self.piece(work, at)?;
            idle = if self.records.len() == before { idle + 1 } else { 0 };
            if idle == IDLE_MAX {
                return Err(Fault::TooMuch("background without records").at(&work.place));
            }
        }
        Ok(())
    }

    fn piece(&mut self, work: &Background, at: i64) -> Result<(), ScenarioError> {
        let mut scope = Scope::inside(&self.cast);
        scope.set(TIME, Value::from(at));
        self.lets(&work.lets, &mut scope, &work.place)?;
        self.steps(&work.steps, Rc::new(scope), Run { at, depth: 0, mark: Some(Mark::default()) })?;
        Ok(())
    }

    /// Kind of benign work for the piece with a number.
    fn work(&mut self, number: u64) -> Option<&'a Background> {
        let all = &self.scenario.background;
        if let Some(first) = usize::try_from(number).ok().and_then(|number| all.get(number)) {
            return Some(first);
        }
        let total = all.iter().map(|work| u64::from(work.weight)).sum();
        let mut ticket = self.ids.random.below(total);
        all.iter().find(|work| {
            let weight = u64::from(work.weight);
            let found = ticket < weight;
            ticket = ticket.saturating_sub(weight);
            found
        })
    }
}
