//! Linux audit records: `type=SYSCALL msg=audit(1700000000.123:456): arch=c000003e …` (auditd documentation,
//! "audit.log"). Text that could contain spaces or quotes is written in hexadecimal without quotes.

use std::collections::BTreeMap;

use super::FIELDS_MAX;

/// Fields whose unquoted value is hexadecimal text.
const HEX_FIELDS: [&str; 11] = ["comm", "exe", "proctitle", "name", "cmd", "cwd", "acct", "key", "data", "dir", "path"];

/// Host of records that name none: the one whose log this is.
const NODE_UNKNOWN: &str = "localhost";

pub(super) fn decode(line: &str) -> Option<Vec<(String, String)>> {
    let (node, line) = node_and_record(line)?;
    let (kind, rest) = line.strip_prefix("type=")?.split_once(' ')?;
    let stamped = rest.strip_prefix("msg=").unwrap_or(rest).strip_prefix("audit(")?;
    let (stamp, body) = stamped.split_once(')')?;
    let (time, serial) = stamp.split_once(':')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !digits(time)
        || !digits(serial)
        || !kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    {
        return None;
    }
    let mut pairs = vec![
        ("node".to_owned(), node.to_owned()),
        ("type".to_owned(), kind.to_owned()),
        ("time".to_owned(), time.to_owned()),
        ("serial".to_owned(), serial.to_owned()),
    ];
    fields(body.trim_start_matches(':'), (kind, false), &mut pairs);
    add_command_line(kind, &mut pairs);
    Some(pairs)
}

/// The host that the record names, and the record. An audit record begins the line, or follows what only the audit
/// dispatcher writes: text that looks like one inside another program's message is that program's message.
fn node_and_record(line: &str) -> Option<(&str, &str)> {
    let (before, record) = line.split_at(line.find("type=").filter(|at| *at < 128)?);
    let mut words = before.split_whitespace().rev().peekable();
    let named = words.next_if(|word| word.starts_with("node=")).map(|word| &word[5..]);
    let Some(program) = words.next() else { return Some((named.unwrap_or(NODE_UNKNOWN), record)) };
    let program = program.split(['[', ':']).next()?;
    let host = words.next();
    matches!(program, "audispd" | "auditd" | "audisp-syslog" | "auoms")
        .then(|| (named.or(host).unwrap_or(NODE_UNKNOWN), record))
}

/// `nested` text stands in quotes already; what it quotes is text.
fn fields(body: &str, (kind, nested): (&str, bool), pairs: &mut Vec<(String, String)>) {
    let mut rest = body.trim_start();
    while let Some((name, after)) = rest.split_once('=').filter(|_| pairs.len() < FIELDS_MAX) {
        let name = name.trim_start().rsplit(' ').next().unwrap_or_default();
        let (value, next) = value(after);
        match value {
            // `msg='op=login acct="root" …'` holds the fields of a user-space message.
            Value::Nested(inner) if !nested => fields(inner, (kind, true), pairs),
            Value::Quoted(text) | Value::Nested(text) => pairs.push((name.to_owned(), text.to_owned())),
            Value::Bare(text) => pairs.push((name.to_owned(), decoded(name, text, kind))),
        }
        rest = next.trim_start();
    }
}

enum Value<'a> {
    Quoted(&'a str),
    Nested(&'a str),
    Bare(&'a str),
}

fn value(after: &str) -> (Value<'_>, &str) {
    if let Some((text, next)) = after.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
        return (Value::Quoted(text), next);
    }
    if let Some(inner) = after.strip_prefix('\'') {
        let (text, next) = inner.rsplit_once('\'').unwrap_or((inner, ""));
        return (Value::Nested(text), next);
    }
    // Enriched records repeat fields in clear after a group separator.
    let end = after.find([' ', '\u{1d}']).unwrap_or(after.len());
    (Value::Bare(&after[..end]), after[end..].trim_start_matches('\u{1d}'))
}

fn decoded(name: &str, text: &str, kind: &str) -> String {
    let argument = kind == "EXECVE" && name.strip_prefix('a').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    if !argument && !HEX_FIELDS.contains(&name) {
        return text.to_owned();
    }
    from_hex(text).unwrap_or_else(|| text.to_owned())
}

fn from_hex(text: &str) -> Option<String> {
    if text.len() < 2 || !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let bytes = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect::<Option<Vec<_>>>()?;
    Some(String::from_utf8_lossy(&bytes).replace('\0', " "))
}

/// Joins the arguments of an EXECVE record, as rules for process creation expect one command line. The kernel splits long
/// arguments into pieces: `a2_len=9000 a2[0]=… a2[1]=…`.
fn add_command_line(kind: &str, pairs: &mut Vec<(String, String)>) {
    if kind != "EXECVE" {
        return;
    }
    let mut arguments: BTreeMap<u32, String> = BTreeMap::new();
    for (name, value) in pairs.iter() {
        if let Some((argument, piece)) = argument_of(name) {
            let text = if piece { from_hex(value) } else { None };
            arguments.entry(argument).or_default().push_str(text.as_deref().unwrap_or(value));
        }
    }
    let image = arguments.values().next().cloned().unwrap_or_default();
    let line = arguments.into_values().collect::<Vec<_>>().join(" ");
    pairs.push(("Image".to_owned(), image));
    pairs.push(("CommandLine".to_owned(), line));
}

/// The number of the argument that a field holds, and whether it holds a piece of it.
fn argument_of(name: &str) -> Option<(u32, bool)> {
    let rest = name.strip_prefix('a')?;
    match rest.split_once('[') {
        Some((number, piece)) if piece.ends_with(']') => Some((number.parse().ok()?, true)),
        Some(_) => None,
        None => Some((rest.parse().ok()?, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[(&str, &str)]) {
        let pairs = decode(line).unwrap_or_default();
        for (name, value) in expected {
            assert!(pairs.iter().any(|(n, v)| n == name && v == value), "{name}={value} in {pairs:?}");
        }
    }

    #[test]
    fn records() {
        check(
            r#"type=EXECVE msg=audit(1700000000.123:456): argc=3 a0="sh" a1="-c" a2=6964203E202F746D702F78"#,
            &[
                ("type", "EXECVE"),
                ("time", "1700000000.123"),
                ("a2", "id > /tmp/x"),
                ("CommandLine", "sh -c id > /tmp/x"),
            ],
        );
        check(
            r#"node=web1 type=USER_LOGIN msg=audit(1700000000.1:7): pid=9 msg='op=login acct="root" addr=192.0.2.1 res=success'"#,
            &[("pid", "9"), ("acct", "root"), ("addr", "192.0.2.1"), ("res", "success")],
        );
        check(
            r#"type=SYSCALL msg=audit(1.2:3): a0=7ffd comm="id" exe="/usr/bin/id""#,
            &[("a0", "7ffd"), ("exe", "/usr/bin/id")],
        );
        check(
            "type=EXECVE msg=audit(1.2:3): argc=2 a0=\"sh\" a1_len=8 a1[0]=6375 a1[1]=726C",
            &[("CommandLine", "sh curl"), ("node", "localhost")],
        );
        check("Nov  2 08:00:01 web1 audispd: type=SYSCALL msg=audit(1.2:3): pid=7", &[("node", "web1"), ("pid", "7")]);
        // What a stranger types as a user name is no record.
        let forged = "Nov  2 08:00:01 web1 sshd[9]: Invalid user type=EXECVE msg=audit(1.2:3): a0=\"x\" from 192.0.2.7";
        assert_eq!(decode(forged), None);
        assert_eq!(decode("just text"), None);
    }
}
