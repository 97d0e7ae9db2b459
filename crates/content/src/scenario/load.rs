//! Loading: files of a scenario to templates, macros and steps that are known to fit together.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::{Fault, ScenarioError};
use super::expr::{Node, Path, Piece, pairs, pieces};
use super::filter::plain;
use super::script::{Library, Output, RawBackground, RawMacro, RawStep, RawTemplate, Script};
use super::span::{Range, duration, offset};

/// Templates may extend templates this many times.
const EXTENDS_MAX: usize = 8;

/// A scripted intrusion, ready to be rendered.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(super) name: String,
    title: String,
    description: String,
    /// `scenario.yaml`, for faults.
    pub(super) file: String,
    pub(super) cast: Vec<(String, Node)>,
    pub(super) outputs: BTreeMap<String, OutputPlan>,
    pub(super) templates: BTreeMap<String, Template>,
    pub(super) macros: BTreeMap<String, Macro>,
    pub(super) steps: Vec<Step>,
    pub(super) background: Vec<Background>,
    /// Nanoseconds before the first and after the last step.
    pub(super) around: (i64, i64),
    pub(super) truth: Node,
}

/// Where records go.
#[derive(Debug, Clone)]
pub(super) struct OutputPlan {
    pub(super) path: Vec<Piece>,
    pub(super) format: Output,
}

/// Parameters of a template or macro.
#[derive(Debug, Clone, Default)]
pub(super) struct Signature {
    pub(super) needs: Vec<String>,
    pub(super) defaults: Vec<(String, Node)>,
}

/// The skeleton of one log line.
#[derive(Debug, Clone)]
pub(super) struct Template {
    pub(super) place: String,
    pub(super) output: String,
    pub(super) signature: Signature,
    pub(super) record: Vec<(String, Node)>,
}

/// Steps with parameters.
#[derive(Debug, Clone)]
pub(super) struct Macro {
    pub(super) place: String,
    pub(super) signature: Signature,
    pub(super) lets: Vec<(String, Node)>,
    pub(super) steps: Vec<Step>,
}

/// Benign work with its share.
#[derive(Debug, Clone)]
pub(super) struct Background {
    pub(super) place: String,
    pub(super) weight: u32,
    pub(super) lets: Vec<(String, Node)>,
    pub(super) steps: Vec<Step>,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) place: String,
    pub(super) when: When,
    pub(super) each: Option<Path>,
    pub(super) repeat: Range,
    pub(super) every: Range,
    pub(super) what: What,
    pub(super) with: Vec<(String, Node)>,
    pub(super) name: Option<String>,
    /// Source, action and target of the story.
    pub(super) chain: Option<[Vec<Piece>; 3]>,
    pub(super) proves: Option<String>,
    pub(super) benign: bool,
}

/// Time of a step.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// Nanoseconds from the start of the steps.
    At(i64),
    /// After the step before.
    After(Range),
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Record(String),
    Run(String),
    /// Nothing was logged; the step only belongs to the story.
    Unlogged,
}

impl Scenario {
    /// Reads `scenarios/<name>/scenario.yaml` and the files it names. `files` gives a text by its path below
    /// `content/`.
    ///
    /// # Errors
    /// When a file is missing or malformed, or names something that is not there.
    pub fn load(files: &dyn Fn(&str) -> Option<String>, name: &str) -> Result<Scenario, ScenarioError> {
        let file = format!("scenarios/{name}/scenario.yaml");
        let script: Script = parse(files, &file)?;
        let mut scenario = Scenario::empty(name, &file, &script)?;
        let mut raw = BTreeMap::new();
        for template in script.templates {
            let library = format!("scenarios/templates/{template}.yaml");
            scenario.add(&library, parse(files, &library)?, &mut raw)?;
        }
        scenario.cast.extend(pairs(script.cast).map_err(|fault| fault.at(&file))?);
        for include in script.include {
            let library = format!("scenarios/{name}/{include}.yaml");
            scenario.add(&library, parse(files, &library)?, &mut raw)?;
        }
        scenario.templates = flatten(&raw)?;
        scenario.steps = steps(&file, script.steps)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Name of the scenario: that of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line that says what happens. It tells the story: not for people in an exercise.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What happens, in a paragraph. It tells the story: not for people in an exercise.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    fn empty(name: &str, file: &str, script: &Script) -> Result<Scenario, ScenarioError> {
        let at = |fault: Fault| fault.at(file);
        Ok(Scenario {
            name: name.to_owned(),
            title: script.title.clone(),
            description: script.description.clone(),
            file: file.to_owned(),
            cast: Vec::new(),
            outputs: BTreeMap::new(),
            templates: BTreeMap::new(),
            macros: BTreeMap::new(),
            steps: Vec::new(),
            background: Vec::new(),
            around: (duration(&script.around.before).map_err(at)?, duration(&script.around.after).map_err(at)?),
            truth: Node::of(Value::Object(script.truth.clone())).map_err(at)?,
        })
    }

    fn add(&mut self, file: &str, library: Library, raw: &mut RawTemplates) -> Result<(), ScenarioError> {
        let at = |fault: Fault| fault.at(file);
        self.cast.extend(pairs(library.cast).map_err(at)?);
        for (name, output) in library.outputs {
            let plan = OutputPlan { path: pieces(output.path()).map_err(at)?, format: output };
            insert(&mut self.outputs, name, plan).map_err(at)?;
        }
        for (name, template) in library.records {
            insert(raw, name, (file.to_owned(), template)).map_err(at)?;
        }
        for (name, raw) in library.macros {
            let place = format!("{file}: macro `{name}`");
            insert(&mut self.macros, name, Macro::of(file, place, raw)?).map_err(at)?;
        }
        for raw in library.background {
            self.background.push(Background::of(file, raw)?);
        }
        Ok(())
    }

    /// Every name that a step or template uses is there, and only the scenario's own steps tell a story.
    fn check(&self) -> Result<(), ScenarioError> {
        let in_macros = self.macros.values().flat_map(|each| &each.steps);
        let in_background = self.background.iter().flat_map(|each| &each.steps);
        for step in in_macros.chain(in_background) {
            if step.chain.is_some() || step.proves.is_some() || step.benign {
                return Err(
                    Fault::Step("`chain`, `proves` and `benign` belong to the scenario's steps").at(&step.place)
                );
            }
            self.check_step(step)?;
        }
        self.steps.iter().try_for_each(|step| self.check_step(step))?;
        for template in self.templates.values() {
            if !self.outputs.contains_key(&template.output) {
                return Err(not_there("output", &template.output).at(&template.place));
            }
        }
        Ok(())
    }

    fn check_step(&self, step: &Step) -> Result<(), ScenarioError> {
        let signature = match &step.what {
            What::Record(name) => {
                &self.templates.get(name).ok_or_else(|| not_there("record", name).at(&step.place))?.signature
            }
            What::Run(name) => {
                &self.macros.get(name).ok_or_else(|| not_there("macro", name).at(&step.place))?.signature
            }
            What::Unlogged => return Ok(()),
        };
        match step.with.iter().find(|(name, _)| !signature.has(name)) {
            Some((name, _)) => Err(Fault::NoParameter(name.clone()).at(&step.place)),
            None => Ok(()),
        }
    }
}

impl Output {
    fn path(&self) -> &str {
        match self {
            Output::Records { path, .. }
            | Output::JsonLines { path, .. }
            | Output::Zeek { path, .. }
            | Output::Columns { path, .. } => path,
        }
    }
}

impl Signature {
    fn of(needs: Vec<String>, defaults: Map<String, Value>) -> Result<Signature, Fault> {
        Ok(Signature { needs, defaults: pairs(defaults)? })
    }

    fn has(&self, name: &str) -> bool {
        self.needs.iter().any(|need| need == name) || self.defaults.iter().any(|(default, _)| default == name)
    }

    /// Parameters of a template that extends another; a default for what the other needs settles the need, and comes
    /// before the other's defaults, which may use it.
    fn extend(&mut self, more: Signature) {
        let (settled, others): (Vec<_>, Vec<_>) =
            more.defaults.into_iter().partition(|(name, _)| self.needs.contains(name));
        self.needs.retain(|need| !settled.iter().any(|(name, _)| name == need));
        self.needs.extend(more.needs);
        self.defaults.splice(0..0, settled);
        overlay(&mut self.defaults, others);
    }
}

impl Macro {
    fn of(file: &str, place: String, raw: RawMacro) -> Result<Macro, ScenarioError> {
        let signature = Signature::of(raw.needs, raw.params).map_err(|fault| fault.at(&place))?;
        let lets = pairs(raw.lets).map_err(|fault| fault.at(&place))?;
        Ok(Macro { signature, lets, steps: steps(file, raw.steps)?, place })
    }
}

impl Background {
    fn of(file: &str, raw: RawBackground) -> Result<Background, ScenarioError> {
        let place = format!("{file}: background `{}`", raw.name.value);
        let lets = pairs(raw.lets).map_err(|fault| fault.at(&place))?;
        Ok(Background { weight: raw.weight, lets, steps: steps(file, raw.steps)?, place })
    }
}

impl Step {
    fn of(place: &str, raw: RawStep) -> Result<Step, Fault> {
        let what = match (raw.record, raw.run) {
            (Some(record), None) => What::Record(record.value),
            (None, Some(run)) => What::Run(run.value),
            (None, None) if raw.chain.is_some() => What::Unlogged,
            _ => return Err(Fault::Step("a step has one of `record`, `run` and, alone, `chain`")),
        };
        let after = raw.after.as_deref().map(Range::delay).transpose()?;
        let when = match (raw.at, after) {
            (Some(at), None) => When::At(offset(&at)?),
            (None, after) => When::After(after.unwrap_or_default()),
            (Some(_), Some(_)) => return Err(Fault::Step("a step has one of `at` and `after`")),
        };
        let every = raw.every.as_deref().map(Range::delay).transpose()?.or(after).unwrap_or_default();
        let repeat = raw.repeat.map(|count| Range::count(&plain(&count))).transpose()?.unwrap_or(Range::ONE);
        let each = raw.each.map(|list| Path::of(&list).ok_or(Fault::Expression(list))).transpose()?;
        Ok(Step {
            place: place.to_owned(),
            when,
            each,
            repeat,
            every,
            what,
            with: pairs(raw.with)?,
            name: raw.name,
            chain: raw.chain.map(|chain| link(&chain.value)).transpose()?,
            proves: raw.proves,
            benign: raw.benign,
        })
    }
}

/// Templates as they stand in their files.
type RawTemplates = BTreeMap<String, (String, RawTemplate)>;

pub(super) fn parse<T: DeserializeOwned>(
    files: &dyn Fn(&str) -> Option<String>,
    file: &str,
) -> Result<T, ScenarioError> {
    let text = files(file).ok_or_else(|| ScenarioError::Missing(file.to_owned()))?;
    serde_saphyr::from_str(&text)
        .map_err(|error| ScenarioError::Yaml { file: file.to_owned(), reason: error.to_string() })
}

fn steps(file: &str, raw: Vec<RawStep>) -> Result<Vec<Step>, ScenarioError> {
    raw.into_iter()
        .map(|raw| {
            let spanned = raw.record.as_ref().or(raw.run.as_ref()).or(raw.chain.as_ref());
            let place = match spanned.map(|spanned| spanned.referenced) {
                Some(location) => format!("{file}:{}:{}", location.line(), location.column()),
                None => file.to_owned(),
            };
            Step::of(&place, raw).map_err(|fault| fault.at(&place))
        })
        .collect()
}

/// `source | action | target`; bars inside braces are filters.
fn link(text: &str) -> Result<[Vec<Piece>; 3], Fault> {
    let mut parts = vec![String::new()];
    let mut inside = false;
    for (index, word) in text.split(' ').enumerate() {
        match parts.last_mut() {
            _ if word == "|" && !inside => parts.push(String::new()),
            Some(part) if index == 0 || part.is_empty() => part.push_str(word),
            Some(part) => {
                part.push(' ');
                part.push_str(word);
            }
            None => {}
        }
        inside = match (word.rfind("{{"), word.rfind("}}")) {
            (None, None) => inside,
            (open, close) => open > close,
        };
    }
    let parts: Vec<_> = parts.iter().map(|part| pieces(part)).collect::<Result<_, _>>()?;
    parts.try_into().map_err(|_| Fault::Step("a chain is `source | action | target`"))
}

/// Resolves `extends`.
fn flatten(raw: &RawTemplates) -> Result<BTreeMap<String, Template>, ScenarioError> {
    let mut templates = BTreeMap::new();
    for (name, (file, _)) in raw {
        let place = format!("{file}: record `{name}`");
        let template = resolve(raw, name, EXTENDS_MAX).map_err(|fault| fault.at(&place))?;
        // Templates without an output are there to be extended.
        if !template.output.is_empty() {
            templates.insert(name.clone(), Template { place, ..template });
        }
    }
    Ok(templates)
}

fn resolve(raw: &RawTemplates, name: &str, depth: usize) -> Result<Template, Fault> {
    let (_, own) = raw.get(name).ok_or_else(|| not_there("record", name))?;
    let mut template = match &own.extends {
        Some(_) if depth == 0 => return Err(Fault::TooMuch("templates extend each other")),
        Some(base) => resolve(raw, base, depth - 1)?,
        None => Template {
            place: String::new(),
            output: String::new(),
            signature: Signature::default(),
            record: Vec::new(),
        },
    };
    template.output = own.output.clone().unwrap_or(template.output);
    template.signature.extend(Signature::of(own.needs.clone(), own.params.clone())?);
    overlay(&mut template.record, pairs(own.record.clone())?);
    Ok(template)
}

/// Replaces values that are there, in their place, and adds the others.
fn overlay(base: &mut Vec<(String, Node)>, more: Vec<(String, Node)>) {
    for (name, node) in more {
        match base.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = node,
            None => base.push((name, node)),
        }
    }
}

fn insert<T>(map: &mut BTreeMap<String, T>, name: String, value: T) -> Result<(), Fault> {
    match map.entry(name) {
        std::collections::btree_map::Entry::Vacant(vacant) => {
            vacant.insert(value);
            Ok(())
        }
        std::collections::btree_map::Entry::Occupied(there) => Err(Fault::Twice(there.key().clone())),
    }
}

fn not_there(kind: &'static str, name: &str) -> Fault {
    Fault::NotThere { kind, name: name.to_owned() }
}
