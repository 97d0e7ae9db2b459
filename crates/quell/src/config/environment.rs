//! The environment over the tree.

use std::ffi::OsString;

use anyhow::{Result, bail};
use toml::{Table, Value};

const PREFIX: &str = "QUELL__";

/// Sets what the variables say. A value is TOML where it is that (`8`, `true`, `["a"]`), else text.
pub(super) fn lay_over(table: &mut Table, variables: impl Iterator<Item = (OsString, OsString)>) -> Result<()> {
    let mut ours: Vec<(String, String)> = variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect();
    ours.sort();
    for (name, value) in ours {
        let path: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        set(table, &path, value, &name)?;
    }
    Ok(())
}

fn set(table: &mut Table, path: &[String], value: String, name: &str) -> Result<()> {
    match path {
        [] => Ok(()),
        [last] => {
            table.insert(last.clone(), parsed(value));
            Ok(())
        }
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            match inner {
                Value::Table(inner) => set(inner, rest, value, name),
                _ => bail!("{name}: {first} has no parts"),
            }
        }
    }
}

fn parsed(value: String) -> Value {
    let table = format!("value = {value}").parse::<Table>().ok();
    table.and_then(|mut table| table.remove("value")).unwrap_or(Value::String(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, variables: &[(&str, &str)], expected: &str) {
        let mut table: Table = file.parse().expect("TOML");
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        lay_over(&mut table, variables).expect("settable");
        assert_eq!(table, expected.parse::<Table>().expect("TOML"));
    }

    #[test]
    fn variables_go_over_the_file() {
        check("listen = 'a'", &[("QUELL__LISTEN", "0.0.0.0:80"), ("OTHER", "x")], "listen = '0.0.0.0:80'");
        check("", &[("QUELL__PIPELINE__DEDUPE_RECORDS", "5")], "pipeline = { dedupe_records = 5 }");
        check("", &[("QUELL__RULES__OWN", "false")], "rules = { own = false }");
    }

    #[test]
    fn a_value_has_no_parts() {
        let mut table: Table = "listen = 'a'".parse().expect("TOML");
        let variables = [(OsString::from("QUELL__LISTEN__PORT"), OsString::from("1"))];
        assert!(lay_over(&mut table, variables.into_iter()).is_err());
    }
}
