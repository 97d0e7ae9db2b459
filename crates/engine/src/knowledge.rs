//! What a run starts from: mappings, rules and the graph's policy, compiled once.

use quell_detect::{Detector, LoadError, Placeholders, RuleSet};
use quell_graph::Policy;
use quell_model::{FieldTable, LogSource};
use quell_normalize::{MappingError, Mappings};

const POLICY_FILE: &str = "graph/policy.yaml";

/// Why the knowledge cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// A mapping is wrong.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The graph policy is wrong.
    #[error("{POLICY_FILE}: {0}")]
    Policy(String),
}

/// Mappings, rules and policy.
#[derive(Debug)]
pub struct Knowledge {
    pub(crate) table: FieldTable,
    pub(crate) mappings: Mappings,
    pub(crate) detector: Detector,
    pub(crate) policy: Policy,
}

/// Collects what a run starts from.
#[derive(Debug, Default)]
pub struct KnowledgeBuilder {
    table: FieldTable,
    mappings: Mappings,
    rules: RuleSet,
    placeholders: Placeholders,
}

impl KnowledgeBuilder {
    /// With our own mappings.
    ///
    /// # Errors
    /// A mapping of ours is wrong, which a test rules out.
    pub fn new() -> Result<KnowledgeBuilder, KnowledgeError> {
        let mut builder = KnowledgeBuilder::default();
        for file in quell_content::mappings() {
            builder.mapping(file.path, file.text)?;
        }
        Ok(builder)
    }

    /// Adds a mapping.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn mapping(&mut self, file: &str, text: &str) -> Result<(), KnowledgeError> {
        Ok(self.mappings.add(file, text, &mut self.table)?)
    }

    /// Adds our own rules.
    pub fn own_rules(&mut self) {
        for file in quell_content::rules() {
            self.rules(file.path, file.text);
        }
    }

    /// Adds the rules in a YAML text; what cannot be used is listed with its reason.
    pub fn rules(&mut self, file: &str, text: &str) {
        self.rules.add_file(file, text, &mut self.table, &self.placeholders);
    }

    /// Values for a placeholder of rules that are added after this.
    pub fn placeholder(&mut self, name: &str, values: Vec<String>) {
        self.placeholders.insert(name.to_owned(), values);
    }

    /// Compiles everything.
    ///
    /// # Errors
    /// The graph policy is wrong, which a test rules out.
    pub fn build(self) -> Result<Knowledge, KnowledgeError> {
        let text = quell_content::file(POLICY_FILE).unwrap_or_default();
        let policy = serde_saphyr::from_str(text).map_err(|error| KnowledgeError::Policy(error.to_string()))?;
        Ok(Knowledge { table: self.table, mappings: self.mappings, detector: Detector::new(self.rules), policy })
    }
}

impl Knowledge {
    /// Rule documents that are not in force, with the reason.
    #[must_use]
    pub fn refused(&self) -> &[LoadError] {
        &self.detector.rules().refused
    }

    /// Rules in force, in order of loading.
    #[must_use]
    pub fn rules(&self) -> &[quell_detect::Rule] {
        &self.detector.rules().rules
    }

    /// Number of rules in force.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.detector.rules().rules.len()
    }

    /// Rules that no known source can bring an event for, by id and log source.
    #[must_use]
    pub fn without_source(&self) -> Vec<(String, String)> {
        let sources: Vec<LogSource> = self.mappings.log_sources().collect();
        let rules = &self.detector.rules().rules;
        self.detector
            .without_source(&sources)
            .map(|index| {
                let rule = &rules[index.index()];
                let spec = &rule.log_source;
                let parts = [&spec.product, &spec.category, &spec.service];
                let source = parts.iter().map(|part| part.as_deref().unwrap_or("*")).collect::<Vec<_>>().join("/");
                (rule.meta.id.clone(), source)
            })
            .collect()
    }

    /// The rules, the detector and the fields they read; for benchmarks and oracles.
    #[must_use]
    pub fn detector(&self) -> (&Detector, &FieldTable) {
        (&self.detector, &self.table)
    }

    /// The mappings; for benchmarks and oracles.
    #[must_use]
    pub fn mappings(&self) -> &Mappings {
        &self.mappings
    }
}
