//! Values that mean something to a shell, a query, a filter, a glob, an option parser or a template reach none of them.

use quell_connect::{HostSettings, Program, host_actions};
use quell_model::action::{Action, With};
use serde_json::Value;

use super::acted::sh;
use super::described;
use super::servers::actions;
use super::words;

/// Each would make the file CANARY, or hit more than it should, if anything read it as more than a value.
const VALUES: [&str; 26] = [
    "$(touch CANARY)",
    "`touch CANARY`",
    "; touch CANARY",
    "| touch CANARY",
    "&& touch CANARY",
    "x\ntouch CANARY\n",
    "x\r\ntouch CANARY\r\n",
    "'; touch CANARY; '",
    "\"; touch CANARY; \"",
    "-exec touch CANARY ;",
    "--checkpoint-action=exec=touch CANARY",
    "-oProxyCommand=touch CANARY",
    "*",
    "../../../../../../etc/passwd",
    "*)(uid=*",
    "*)(objectClass=*))(|(cn=*",
    "ada\0",
    "' OR '1'='1",
    "\"; DROP TABLE x; --",
    "\\! touch CANARY",
    "a\" or userName pr or \"",
    "x; show stat; del acl",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1:1/a}",
    "%n%s%x",
    "<x/>]]>&amp;&action=DeleteUser",
];

pub(super) async fn all(running: &Value) {
    if running.as_object().is_none_or(|all| all.len() < super::servers::ALL) {
        return println!("skipped: hostile values; they are tried where all servers run");
    }
    let canary = format!("/tmp/quell-canary-{}", std::process::id());
    let mut all = actions(running);
    let mut hosts =
        HostSettings { hosts: [("here".to_owned(), Program::new(Vec::new()))].into(), management: Vec::new() };
    if let Some(ssh) = running.get("ssh") {
        hosts.hosts.insert("over-ssh".to_owned(), Program::new(words(&ssh["program"])));
    }
    host_actions(hosts.clone(), &mut all);
    described::over_http(&running["scim"], &mut all);
    described::over_ssh(&running["ssh"], &mut all);
    // Both directories have actions of the same names.
    let openldap = actions(&serde_json::json!({ "openldap": running["openldap"] }));
    let (mut tried, mut refused) = (0, 0);
    for action in all.iter().chain(openldap.iter()) {
        let spec = action.spec();
        // One way of quoting serves all: over SSH some are enough.
        let over_ssh = ["host.lock_user", "host.quarantine_file", "host.quarantine_content", "host.block_program"];
        for host in hosts.hosts.keys().filter(|host| over_ssh.contains(&spec.id) || *host == "here") {
            for name in spec.needs.iter().filter(|name| **name != "host" || host == "here") {
                for value in VALUES {
                    let mut with = fitting(spec.needs, host, running);
                    with.insert((*name).to_owned(), value.replace("CANARY", &canary));
                    tried += 1;
                    refused += usize::from(is_refused(action, &with).await);
                    assert!(!sh(&format!("test -e {canary}")), "{} {name}={value:?} reached an interpreter", spec.id);
                }
            }
        }
    }
    println!(
        "hostile values: {tried} tried in {} actions, {refused} refused, 0 reached an interpreter",
        all.iter().count()
    );
    // What is not refused is a text that a body or a file may well hold: it is looked for as it stands.
    assert!(tried > 1_000 && refused * 100 >= tried * 90, "{refused} of {tried}");
}

/// Looks, and acts and takes back what was not refused.
async fn is_refused(action: &Action, with: &With) -> bool {
    match action {
        Action::Containing(action) => {
            if action.check(with).await.is_err() {
                return true;
            }
            let captured = action.capture(with).await.unwrap();
            action.apply(with, &captured).await.unwrap();
            assert_eq!(action.capture(with).await.unwrap(), action.wanted(with, &captured));
            action.undo(with, &captured).await.unwrap();
            assert_eq!(action.capture(with).await.unwrap(), captured);
            false
        }
        Action::Plain(action) => action.check(with).await.is_err(),
        Action::Collecting(action) => action.collect(with).await.is_err(),
    }
}

fn fitting(needs: &[&str], host: &str, running: &Value) -> With {
    let moto = &running["moto"];
    let value = |name: &str| match name {
        "host" => host.to_owned(),
        "user" => "ada".to_owned(),
        "instance" | "subnet" => moto[name].as_str().unwrap_or("x").to_owned(),
        "bucket" => "customer-data".to_owned(),
        "principal" => "arn:aws:iam::123456789012:user/mallory".to_owned(),
        "under" => "/tmp/quell-nothing-here".to_owned(),
        "address" => "203.0.113.66".to_owned(),
        "group" => "admins".to_owned(),
        "key" => moto["key"].as_str().unwrap_or("x").to_owned(),
        _ => "x".to_owned(),
    };
    needs.iter().map(|name| ((*name).to_owned(), value(name))).collect()
}
