//! Sigma filters: conditions that rules get in addition, so that what is known to be benign in one place does not have to be
//! written into the rules. Follows the Sigma specification 2.1.0 (filters).

use serde_json::{Map, Value};

use super::document::{LogSourceSpec, compile_detection, strings};
use super::modifier::Compiler;
use super::{Expr, Rule};

/// A compiled filter.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Its id, or its title if it has none.
    pub id: String,
    /// File it came from.
    pub file: String,
    /// Which rules it is for.
    rules: Chosen,
    /// Only for rules of this log source.
    log_source: LogSourceSpec,
    /// What has to hold beside the condition of a rule.
    condition: Expr,
}

#[derive(Debug, Clone)]
enum Chosen {
    Any,
    Named(Vec<String>),
}

impl Filter {
    pub(super) fn compile(
        (id, file, log_source): (String, &str, LogSourceSpec),
        body: &Map<String, Value>,
        compiler: &mut Compiler<'_>,
    ) -> Result<Filter, String> {
        let rules = match strings(body.get("rules").cloned()) {
            named if named.is_empty() => return Err("`filter.rules` names no rule; name ids, or `any`".to_owned()),
            named if named == ["any"] => Chosen::Any,
            named => Chosen::Named(named),
        };
        let searches: Map<String, Value> = body.iter().filter(|(name, _)| *name != "rules").map(owned).collect();
        let condition = compile_detection(&searches, compiler)?;
        Ok(Filter { id, file: file.to_owned(), rules, log_source, condition })
    }

    /// Narrows the rules that it is for; the names among its rules that are none.
    pub(super) fn narrow(&self, rules: &mut [Rule]) -> Vec<&str> {
        for rule in rules.iter_mut().filter(|rule| self.is_for(rule)) {
            rule.condition = Expr::all(vec![rule.condition.clone(), self.condition.clone()]);
        }
        match &self.rules {
            Chosen::Any => Vec::new(),
            Chosen::Named(named) => {
                let unknown = |name: &&String| !rules.iter().any(|rule| rule.meta.id == **name);
                named.iter().filter(unknown).map(String::as_str).collect()
            }
        }
    }

    /// What has to hold beside the condition of a rule.
    pub(crate) fn condition(&self) -> &Expr {
        &self.condition
    }

    fn is_for(&self, rule: &Rule) -> bool {
        let chosen = match &self.rules {
            Chosen::Any => true,
            Chosen::Named(named) => named.contains(&rule.meta.id),
        };
        let same = |own: &Option<String>, of_rule: &Option<String>| own.is_none() || own == of_rule;
        let (own, of_rule) = (&self.log_source, &rule.log_source);
        chosen
            && same(&own.product, &of_rule.product)
            && same(&own.category, &of_rule.category)
            && same(&own.service, &of_rule.service)
    }
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}
