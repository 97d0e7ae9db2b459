//! What well-known programs say in their syslog messages.

/// Fields in the message of `program`; empty for programs that are not known.
pub(crate) fn fields(program: &str, message: &str) -> Vec<(&'static str, String)> {
    match program {
        "sshd" | "sshd-session" => sshd(message),
        "sudo" => sudo(message),
        "su" => su(message),
        "CRON" | "cron" | "crond" => cron(message),
        "useradd" => useradd(message),
        _ => Vec::new(),
    }
}

/// `Accepted publickey for alice from 192.0.2.1 port 5022 ssh2: …`, `Failed password for invalid user bob from …`.
fn sshd(message: &str) -> Vec<(&'static str, String)> {
    let words: Vec<&str> = message.split_whitespace().collect();
    let after =
        |word: &str| words.iter().position(|w| *w == word).and_then(|at| words.get(at + 1)).map(|w| (*w).to_owned());
    let outcome = match words.first() {
        Some(&"Accepted") => "accepted",
        Some(&"Failed") => "failed",
        Some(&"Invalid") => "invalid",
        _ => return Vec::new(),
    };
    let user = match after("user") {
        Some(user) => Some(user),
        None => after("for"),
    };
    let mut fields = vec![("ssh.outcome", outcome.to_owned())];
    fields.extend(words.get(1).filter(|_| outcome != "invalid").map(|method| ("ssh.method", (*method).to_owned())));
    fields.extend(user.map(|user| ("ssh.user", user)));
    fields.extend(after("from").map(|address| ("ssh.address", address)));
    fields.extend(after("port").map(|port| ("ssh.port", port)));
    fields
}

/// `alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/bash`.
fn sudo(message: &str) -> Vec<(&'static str, String)> {
    let Some((user, rest)) = message.split_once(" : ") else { return Vec::new() };
    let mut fields = vec![("sudo.user", user.trim().to_owned())];
    for part in rest.split(" ; ") {
        match part.trim().split_once('=') {
            Some(("USER", target)) => fields.push(("sudo.target", target.to_owned())),
            Some(("COMMAND", command)) => fields.push(("sudo.command", command.to_owned())),
            Some(("PWD", folder)) => fields.push(("sudo.folder", folder.to_owned())),
            _ => {}
        }
    }
    fields
}

/// `(to root) alice on pts/0`.
fn su(message: &str) -> Vec<(&'static str, String)> {
    let Some((target, rest)) = message.strip_prefix("(to ").and_then(|rest| rest.split_once(") ")) else {
        return Vec::new();
    };
    let user = rest.split(' ').next().unwrap_or_default();
    vec![("su.target", target.to_owned()), ("su.user", user.to_owned())]
}

/// `(root) CMD (/usr/bin/updatedb)`.
fn cron(message: &str) -> Vec<(&'static str, String)> {
    let Some((user, rest)) = message.strip_prefix('(').and_then(|rest| rest.split_once(") CMD (")) else {
        return Vec::new();
    };
    vec![("cron.user", user.to_owned()), ("cron.command", rest.trim_end_matches(')').to_owned())]
}

/// `new user: name=mallory, UID=0, GID=0, home=/home/mallory, shell=/bin/bash`.
fn useradd(message: &str) -> Vec<(&'static str, String)> {
    let Some(rest) = message.strip_prefix("new user: ") else { return Vec::new() };
    let mut fields = Vec::new();
    for part in rest.split(", ") {
        match part.split_once('=') {
            Some(("name", name)) => fields.push(("useradd.name", name.to_owned())),
            Some(("UID", uid)) => fields.push(("useradd.uid", uid.to_owned())),
            _ => {}
        }
    }
    fields
}
