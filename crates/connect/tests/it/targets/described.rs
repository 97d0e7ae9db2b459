//! Actions that an organisation describes: on a real interface over HTTP, and a real machine over SSH.

use std::collections::BTreeMap;
use std::time::Duration;

use quell_connect::{At, Call, Kind, OwnSettings, Program, Reading, http_client, own_action};
use quell_model::action::{Actions, Blast};
use reqwest::Method;
use serde_json::{Value, json};

use super::acted::{containing, cycle, sh, with};
use super::cluster::{done_once, plain};
use super::servers::text;
use super::words;

/// An action with two calls: one that reads, one that puts; without `back` it stays done.
fn described(id: &str, needs: &[(&str, Kind)], read: Reading, wanted: Value, set: Call) -> OwnSettings {
    OwnSettings {
        id: id.to_owned(),
        title: id.to_owned(),
        needs: needs.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
        blast: Blast::Account,
        d3fend: String::new(),
        react: Vec::new(),
        rights: String::new(),
        read,
        wanted,
        back: Some(set.clone()),
        set,
        look: None,
        within: Duration::from_secs(2),
    }
}

fn http(method: Method, url: String, json: Option<Value>) -> Call {
    let headers = BTreeMap::from([("accept".to_owned(), "application/scim+json".to_owned())]);
    Call::Http { method, url, headers, json }
}

/// Described on the identity provider: a user by id becomes inactive.
pub(super) fn over_http(scim: &Value, actions: &mut Actions) {
    let url = format!("{}/Users/{{id}}", text(scim, "url"));
    let read = Reading { call: http(Method::GET, url.clone(), None), at: At::Pointer("/active".to_owned()) };
    let change = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": "{value}" }],
    });
    let set = http(Method::PATCH, url, Some(change));
    let look = Some((read.clone(), json!(false)));
    let settings = described("own.deactivate", &[("id", Kind::Name)], read, json!(false), set);
    own_action(OwnSettings { look, ..settings }, http_client().unwrap(), actions).unwrap();
}

/// Described on a machine: the shell of an account.
pub(super) fn over_ssh(ssh: &Value, actions: &mut Actions) {
    let program = Program::new(words(&ssh["program"]));
    let call = |line: &str| Call::Program(program.clone(), line.split(' ').map(str::to_owned).collect());
    let at = At::pattern("^(.+)$").unwrap();
    let read = || Reading { call: call("awk -F: -v u={user} $1==u&&($0=$7) /etc/passwd"), at: at.clone() };
    let (needs, wanted) = ([("user", Kind::Name)], json!("/usr/sbin/nologin"));
    let set = call("usermod -s {value} {user}");
    own_action(described("own.no_shell", &needs, read(), wanted, set), http_client().unwrap(), actions).unwrap();
    // The same account for good: its entry is gone, so the pattern finds nothing.
    let delete = described("own.delete_user", &needs, read(), Value::Null, call("userdel {user}"));
    own_action(OwnSettings { back: None, ..delete }, http_client().unwrap(), actions).unwrap();
}

pub(super) async fn all(running: &Value) {
    refused();
    let mut actions = Actions::default();
    if let Some(scim) = running.get("scim") {
        over_http(scim, &mut actions);
        let list = format!("{}/Users?filter=userName%20eq%20%22bob@corp.test%22", text(scim, "url"));
        let asked = |what: &str| {
            let line = format!(
                "import json,urllib.request as r;u=json.load(r.urlopen('{list}'))['Resources'][0];print({what})"
            );
            let ran = std::process::Command::new("python3").args(["-c", &line]).output().unwrap();
            String::from_utf8(ran.stdout).unwrap().trim().to_owned()
        };
        let id = asked("u['id']");
        let active = || asked("u['active']") == "True";
        cycle(containing(&actions, "own.deactivate"), &with(&[("id", &id)]), active).await;
    }
    if let Some(ssh) = running.get("ssh") {
        over_ssh(ssh, &mut actions);
        assert!(sh("useradd -s /bin/bash quell-described"));
        let shell = || sh("getent passwd quell-described | grep -q ':/bin/bash$'");
        let user = with(&[("user", "quell-described")]);
        cycle(containing(&actions, "own.no_shell"), &user, shell).await;
        done_once(plain(&actions, "own.delete_user"), &user).await;
        assert!(!sh("getent passwd quell-described"));
    }
}

/// What a description may not say.
fn refused() {
    let (read, set) = (
        |url: &str| Reading { call: http(Method::GET, url.to_owned(), None), at: At::Whole },
        http(Method::PUT, "http://127.0.0.1/{id}".to_owned(), None),
    );
    let text_to_a_program = Call::Program(Program::new(Vec::new()), vec!["echo".to_owned(), "{id}".to_owned()]);
    let open = Call::Program(Program::new(Vec::new()), vec!["echo".to_owned(), "{id".to_owned()]);
    for (settings, why) in [
        (described("own.x", &[("id", Kind::Name)], read("http://h/"), json!("x"), open), "not closed"),
        (described("own.x", &[("id", Kind::Name)], read("no url"), json!("x"), set.clone()), "no url: "),
        (described("own.x", &[("id", Kind::Name)], read("http://h/"), json!(true), set.clone()), "without a pointer"),
        (
            described("own.x", &[("id", Kind::Name)], read("http://{id}/x"), json!("x"), set.clone()),
            "the host of a URL",
        ),
        (described("own.x", &[("id", Kind::Name)], read("http://h/{who}"), json!("x"), set), "{who} is no parameter"),
        (described("own.x", &[("id", Kind::Text)], read("http://h/"), json!("x"), text_to_a_program), "no program"),
    ] {
        let said = own_action(settings, http_client().unwrap(), &mut Actions::default()).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}
