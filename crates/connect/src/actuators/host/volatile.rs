//! What a Linux host forgets first: processes, connections, sessions, the kernel's tables, and temporary places. Each is listed by
//! a program of the host and sealed as it was printed, in the order of volatility (RFC 3227, 2.1).
//!
//! Programs of a host that was broken into can lie, and memory itself is not taken: that is a person's, with tools of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use quell_model::EntityKind;
use quell_model::action::{
    Acted, ActionError, ActionKind, ActionSpec, Artefact, Blast, Collected, Collecting, With, parameter,
};
use quell_model::handbook::Volatility;
use serde_json::json;

use super::HostSettings;

const COLLECT_VOLATILE: ActionSpec = ActionSpec {
    id: "host.collect_volatile",
    title: "Take and seal what a host forgets first: processes, connections, sessions, tables, temporary places",
    kind: ActionKind::Read,
    needs: &["host"],
    d3fend: "D3-PA",
    react: &[],
    blast: Blast::Nothing,
    rights: "root, or what is seen without it",
};

/// What is taken: name, what it is, and the program that lists it.
const TAKEN: [(&str, Volatility, &str, &[&str]); 9] = [
    (
        "processes",
        Volatility::Memory,
        "all processes, their parents, accounts, beginnings and command lines",
        &["ps", "-eww", "-o", "pid,ppid,user,lstart,stat,wchan:20,args"],
    ),
    (
        "programs",
        Volatility::Memory,
        "the file that each process runs, also those that were deleted",
        &["find", "/proc", "-mindepth", "2", "-maxdepth", "2", "-path", "/proc/[0-9]*/exe", "-printf", "%p %l\\n"],
    ),
    ("connections", Volatility::Memory, "open sockets and the processes that hold them", &["ss", "-tunapH"]),
    ("sessions", Volatility::Memory, "who is signed in, from where and since when", &["who", "-a"]),
    ("neighbours", Volatility::Memory, "addresses that the host spoke to on its networks", &["ip", "neigh", "show"]),
    ("routes", Volatility::Memory, "where the host sends what", &["ip", "route", "show", "table", "all"]),
    ("modules", Volatility::Memory, "modules of the kernel", &["cat", "/proc/modules"]),
    ("mounts", Volatility::Memory, "file systems that are mounted", &["cat", "/proc/mounts"]),
    (
        "temporary",
        Volatility::Temporary,
        "files in temporary places, their owners, times and sizes",
        &[
            "find",
            "/tmp",
            "/var/tmp",
            "/dev/shm",
            "-xdev",
            "-maxdepth",
            "4",
            "-printf",
            "%p %u %m %s %TY-%Tm-%TdT%TT %CY-%Cm-%CdT%CT\\n",
        ],
    ),
];

pub(super) struct CollectVolatile {
    pub(super) hosts: Arc<HostSettings>,
}

impl Collecting for CollectVolatile {
    fn spec(&self) -> &ActionSpec {
        &COLLECT_VOLATILE
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move {
            let kernel = self.hosts.program(&with)?.must(&["uname", "-sr"], None).await?;
            Ok(format!("{kernel} answers"))
        })
    }

    fn collect(&self, with: &With) -> Acted<'_, Collected> {
        let with = with.clone();
        Box::pin(async move {
            let (program, host) = (self.hosts.program(&with)?, parameter(&with, "host")?.trim());
            let (mut artefacts, mut missing) = (Vec::new(), BTreeMap::new());
            for (name, volatility, what, words) in TAKEN {
                let ran = match program.run(words, None).await {
                    Ok(ran) if ran.success || !ran.bytes.is_empty() => ran,
                    Ok(ran) => {
                        missing.insert(name, ran.err);
                        continue;
                    }
                    // What was taken is not given up for what cannot be.
                    Err(error) => {
                        missing.insert(name, error.to_string());
                        continue;
                    }
                };
                let cut = if ran.is_cut { "; cut off at 1 MiB: there was more" } else { "" };
                let said = if ran.err.is_empty() { String::new() } else { format!("; it complained: {}", ran.err) };
                artefacts.push(Artefact {
                    name: format!("{host}-{name}.txt"),
                    description: format!("{what}, as {} of the host printed them{cut}{said}", words[0]),
                    volatility,
                    entity: Some((EntityKind::Host, host.to_owned())),
                    tool: words.join(" "),
                    changes: Some("one more process was started on the host for as long as it took".to_owned()),
                    bytes: ran.bytes,
                });
            }
            if !artefacts.iter().any(|artefact| artefact.name.ends_with("-processes.txt")) {
                let why = missing.remove("processes").unwrap_or_default();
                return Err(ActionError::Unavailable(format!("the host does not list its processes: {why}")));
            }
            let said = json!({ "taken": artefacts.len(), "missing": missing });
            Ok(Collected { artefacts, said })
        })
    }
}
