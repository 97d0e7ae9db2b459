//! Sigma rules: from YAML to [`Rule`]s with a condition over shared predicates.
//!
//! Follows the Sigma specification 2.1.0 (rules and filters). A rule that cannot be compiled is refused with a reason; none
//! is dropped in silence. Correlation rules are refused for now.

mod condition;
mod document;
mod filter;
mod modifier;

use std::collections::BTreeMap;

use quell_model::{FieldTable, LogSource, RuleRef};

use crate::{Expr, PredicateTable};

use document::Compiled;
pub use document::LogSourceSpec;
pub use filter::Filter;

/// Values for placeholders such as `%Administrators%`, by name without the percent signs.
pub type Placeholders = BTreeMap<String, Vec<String>>;

/// A compiled rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Id, title, level and tags.
    pub meta: RuleRef,
    /// What it finds and why that matters.
    pub description: String,
    /// Known benign causes.
    pub false_positives: Vec<String>,
    /// First thing to do, where the rule says so (our own field).
    pub response: Option<String>,
    /// File it came from.
    pub file: String,
    /// Which events it is for.
    pub log_source: LogSourceSpec,
    /// When it matches.
    pub condition: Expr,
}

impl Rule {
    /// Whether events of `source` are for this rule: each part that the rule names must be equal.
    #[must_use]
    pub fn applies_to(&self, source: &LogSource) -> bool {
        let spec = &self.log_source;
        spec.product.as_deref().is_none_or(|product| product == source.product)
            && spec.category.as_ref().is_none_or(|category| source.categories.contains(category))
            && spec.service.as_ref().is_none_or(|service| source.services.contains(service))
    }
}

/// Why a document is not in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct LoadError {
    /// File the document came from.
    pub file: String,
    /// What is wrong and, where possible, what to do.
    pub reason: String,
}

/// All rules in force and the predicates they share.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// Rules in order of loading.
    pub rules: Vec<Rule>,
    /// Filters in order of loading.
    pub filters: Vec<Filter>,
    /// Predicates of all rules.
    pub predicates: PredicateTable,
    /// Documents that are not in force, with the reason.
    pub refused: Vec<LoadError>,
    ids: std::collections::HashSet<String>,
}

impl RuleSet {
    /// Adds the rules of one YAML file; fields they read are registered in `fields`.
    pub fn add_file(&mut self, file: &str, text: &str, fields: &mut FieldTable, placeholders: &Placeholders) {
        let documents = match document::read(text) {
            Ok(documents) => documents,
            Err(reason) => return self.refuse(file, reason),
        };
        for document in documents {
            let budget = modifier::Budget::default();
            let mut compiler = modifier::Compiler { fields, predicates: &mut self.predicates, placeholders, budget };
            match document.compile(&mut compiler, file) {
                Ok(Compiled::Filter(filter)) => self.filters.push(filter),
                Ok(Compiled::Rule(rule)) if self.ids.contains(&rule.meta.id) => {
                    let reason = format!("rule id {} is already loaded; give each rule its own id", rule.meta.id);
                    self.refuse(file, reason);
                }
                Ok(Compiled::Rule(rule)) => {
                    self.ids.insert(rule.meta.id.clone());
                    self.rules.push(rule);
                }
                Err(reason) => self.refuse(file, reason),
            }
        }
    }

    /// Narrows rules by the filters, once all are loaded: the order of files does not matter.
    pub fn narrow(&mut self) {
        let filters = std::mem::take(&mut self.filters);
        for filter in &filters {
            for unknown in filter.narrow(&mut self.rules) {
                let reason = format!("the filter is for rule {unknown}, which is not loaded");
                self.refused.push(LoadError { file: filter.file.clone(), reason });
            }
        }
        self.filters = filters;
    }

    fn refuse(&mut self, file: &str, reason: String) {
        self.refused.push(LoadError { file: file.to_owned(), reason });
    }
}
