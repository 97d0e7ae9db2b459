//! Linux audit records: `type=SYSCALL msg=audit(1700000000.123:456): arch=c000003e …` (auditd documentation,
//! "audit.log"). Text that could contain spaces or quotes is written in hexadecimal without quotes.

use super::FIELDS_MAX;

/// Fields whose unquoted value is hexadecimal text.
const HEX_FIELDS: [&str; 11] = ["comm", "exe", "proctitle", "name", "cmd", "cwd", "acct", "key", "data", "dir", "path"];

pub(super) fn decode(line: &str) -> Option<Vec<(String, String)>> {
    let from = line.find("type=").filter(|at| *at < 128)?;
    let line = &line[from..];
    let (kind, rest) = line.strip_prefix("type=")?.split_once(' ')?;
    let stamp_at = rest.find("audit(").filter(|at| *at < 64)?;
    let (stamp, body) = rest[stamp_at + 6..].split_once(')')?;
    let (time, serial) = stamp.split_once(':')?;

    let mut pairs = vec![
        ("type".to_owned(), kind.to_owned()),
        ("time".to_owned(), time.to_owned()),
        ("serial".to_owned(), serial.to_owned()),
    ];
    fields(body.trim_start_matches(':'), (kind, false), &mut pairs);
    add_command_line(kind, &mut pairs);
    Some(pairs)
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

/// Joins the arguments of an EXECVE record, as rules for process creation expect one command line.
fn add_command_line(kind: &str, pairs: &mut Vec<(String, String)>) {
    if kind != "EXECVE" {
        return;
    }
    let arguments: Vec<&str> = pairs
        .iter()
        .filter(|(name, _)| {
            name.strip_prefix('a').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
        .map(|(_, value)| value.as_str())
        .collect();
    let (image, line) = (arguments.first().copied().unwrap_or_default().to_owned(), arguments.join(" "));
    pairs.push(("Image".to_owned(), image));
    pairs.push(("CommandLine".to_owned(), line));
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
        assert_eq!(decode("just text"), None);
    }
}
