//! The table of routes is what people agreed on: every change of who may call what shows in `authorisation.txt`.

use crate::api;
use crate::http::{Access, Route};

const AGREED: &str = include_str!("authorisation.txt");

/// The table as text, one line for each route.
fn table() -> String {
    let mut lines: Vec<String> = api::routes().iter().map(line).collect();
    lines.sort();
    let head = "# Who may call what. Written by the test `accept_the_table`; a change of it needs a reviewer.\n";
    format!("{head}{}\n", lines.join("\n"))
}

fn line(route: &Route) -> String {
    let (access, right) = match route.access {
        Access::Public => ("public", "-"),
        Access::Needs(right) => ("session-or-token", right.as_str()),
        Access::Session(right) => ("session-only", right.as_str()),
    };
    let described = if route.described { "described" } else { "undescribed" };
    format!("{:<50} {:<6} {access:<16} {right:<21} {described}", route.path, route.method)
}

#[test]
fn the_table_is_the_one_agreed_on() {
    let table = table();
    let missing = AGREED.lines().filter(|line| !table.lines().any(|other| other == *line));
    let new = table.lines().filter(|line| !AGREED.lines().any(|other| other == *line));
    let difference: Vec<String> =
        missing.map(|line| format!("- {line}")).chain(new.map(|line| format!("+ {line}"))).collect();
    assert!(
        difference.is_empty() && table == AGREED,
        "the routes are not those in authorisation.txt:\n{}\nIf that is right, write the file anew and have it reviewed:\n\
         cargo test -p quell-server accept_the_table -- --ignored",
        difference.join("\n")
    );
}

#[test]
#[ignore = "writes authorisation.txt anew"]
fn accept_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/authorisation.txt");
    std::fs::write(path, table()).unwrap();
}
