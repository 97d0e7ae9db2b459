//! Files that are put out of reach, and programs that can no longer be started: by path, hash, extension or content.
//!
//! A file in quarantine lies below [`QUARANTINE`] under its old path, with its old owner, mode and times, so that it is brought
//! back by moving it. Nothing is deleted.

use std::sync::Arc;

use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use serde_json::{Value, json};

use super::super::Program;
use super::super::setting::{Look, Setting, hold};
use super::{HostSettings, path};

/// Where files are put out of reach; only root looks in.
const QUARANTINE: &str = "/var/lib/quell-quarantine";
/// More files than anybody means.
const FILES_MAX: usize = 500;
/// Folders that a search would take a machine apart in, with what leads to the quarantine itself.
const NEVER_UNDER: [&str; 13] =
    ["/", "/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sbin", "/sys", "/usr", "/var", "/var/lib"];

/// The actions on files.
pub(super) fn file_actions(hosts: &Arc<HostSettings>, actions: &mut Actions) {
    for (spec, by) in QUARANTINES {
        hold(Quarantine { files: Files { hosts: Arc::clone(hosts), by }, spec }, actions);
    }
    for (spec, by) in BLOCKS {
        hold(BlockProgram { files: Files { hosts: Arc::clone(hosts), by }, spec }, actions);
    }
}

/// How files are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Path,
    Hash,
    Extension,
    Content,
}

static QUARANTINES: [(&ActionSpec, By); 4] = [
    (&quarantine("host.quarantine_file", "Put a file out of reach", &["host", "path"], &["RA3303"]), By::Path),
    (
        &quarantine(
            "host.quarantine_hash",
            "Put files of a hash out of reach",
            &["host", "under", "sha256"],
            &["RA3302"],
        ),
        By::Hash,
    ),
    (
        &quarantine(
            "host.quarantine_format",
            "Put files of a format out of reach",
            &["host", "under", "extension"],
            &["RA3301"],
        ),
        By::Extension,
    ),
    (
        &quarantine(
            "host.quarantine_content",
            "Put files out of reach that hold a text",
            &["host", "under", "content"],
            &["RA3304"],
        ),
        By::Content,
    ),
];
static BLOCKS: [(&ActionSpec, By); 4] = [
    (&block("host.block_program", "Let nobody start a program", &["host", "path"], &["RA3401"]), By::Path),
    (
        &block(
            "host.block_program_hash",
            "Let nobody start programs of a hash",
            &["host", "under", "sha256"],
            &["RA3403"],
        ),
        By::Hash,
    ),
    (
        &block(
            "host.block_program_format",
            "Let nobody start programs of a format",
            &["host", "under", "extension"],
            &["RA3404"],
        ),
        By::Extension,
    ),
    (
        &block(
            "host.block_program_content",
            "Let nobody start programs that hold a text",
            &["host", "under", "content"],
            &["RA3405"],
        ),
        By::Content,
    ),
];

const fn quarantine(
    id: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    react: &'static [&'static str],
) -> ActionSpec {
    let rights = "find, stat, sha256sum, grep, mkdir and mv (root)";
    ActionSpec { id, title, kind: ActionKind::Contain, needs, d3fend: "D3-FE", react, blast: Blast::Item, rights }
}

const fn block(
    id: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    react: &'static [&'static str],
) -> ActionSpec {
    let rights = "find, stat, sha256sum, grep and chmod (root)";
    ActionSpec { id, title, kind: ActionKind::Contain, needs, d3fend: "D3-EDL", react, blast: Blast::Item, rights }
}

/// Files of a host that somebody named by a property.
struct Files {
    hosts: Arc<HostSettings>,
    by: By,
}

impl Files {
    fn program(&self, with: &With) -> Result<&Program, ActionError> {
        self.hosts.program(with)
    }

    /// The files below a folder that are meant, with what describes each: its hash, mode and owner. `root` stands before the path.
    async fn found(&self, with: &With, root: &str) -> Result<Vec<Value>, ActionError> {
        let program = self.program(with)?;
        let place = |name| path(with, name).map(|path| format!("{root}{path}"));
        // What a link leads to would be something else than was named.
        let named = place(if self.by == By::Path { "path" } else { "under" })?;
        straight(program, &named, root).await?;
        let paths = match self.by {
            By::Path => {
                let file = named;
                let is_file = program.run(&["test", "-f", &file, "-a", "!", "-L", &file], None).await?.success;
                if is_file { vec![file] } else { Vec::new() }
            }
            _ if !program.run(&["test", "-d", &folder(with, root)?], None).await?.success => Vec::new(),
            By::Hash => {
                let hash = hash(with)?;
                let hashed =
                    ["find", &folder(with, root)?, "-xdev", "-type", "f", "-exec", "sha256sum", "-z", "{}", "+"];
                let all = program.whole(&hashed).await?;
                let of_hash =
                    |line: &str| line.split_once("  ").filter(|(its, _)| *its == hash).map(|(_, path)| path.to_owned());
                all.split('\0').filter_map(of_hash).collect()
            }
            By::Extension => {
                let name = format!("*.{}", extension(with)?);
                let out = program
                    .whole(&["find", &folder(with, root)?, "-xdev", "-type", "f", "-name", &name, "-print0"])
                    .await?;
                out.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
            }
            By::Content => {
                let (content, folder) = (content(with)?, folder(with, root)?);
                let searched = ["grep", "-rlZF", "--devices=skip", "-e", content, "--", &folder];
                let out = program.run(&searched, None).await?.out;
                out.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
            }
        };
        if paths.len() > FILES_MAX {
            let why = format!("{} files fit, which is more than anybody means; name a smaller folder", paths.len());
            return Err(ActionError::Unfit(why));
        }
        described(program, root, paths).await
    }
}

/// A folder that is searched through.
fn folder(with: &With, root: &str) -> Result<String, ActionError> {
    let under = path(with, "under")?;
    if NEVER_UNDER.contains(&under) || under.starts_with(QUARANTINE) {
        return Err(ActionError::Unfit(format!("{under} holds what the machine needs; name a folder below it")));
    }
    Ok(format!("{root}{under}"))
}

/// Fails if a link stands on the way to a place. What is not there has no links in it.
async fn straight(program: &Program, place: &str, root: &str) -> Result<(), ActionError> {
    let real = program.run(&["realpath", "-m", "--", place], None).await?;
    let is_straight = real.success && real.out == place;
    match is_straight || !root.is_empty() {
        true => Ok(()),
        false => Err(ActionError::Unfit(format!("{place} is reached through a link, and is really {}", real.out))),
    }
}

/// A text in files. Lines would be texts of their own, and an empty one is in every file.
fn content(with: &With) -> Result<&str, ActionError> {
    let text = parameter(with, "content")?;
    let fits = text.len() >= 4 && !text.contains(char::is_control);
    if fits {
        Ok(text)
    } else {
        Err(ActionError::Unfit(format!("{text:?} is no text of one line and four characters")))
    }
}

fn hash(with: &With) -> Result<String, ActionError> {
    let text = parameter(with, "sha256")?.trim().to_lowercase();
    let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if fits { Ok(text) } else { Err(ActionError::Unfit(format!("{text:?} is no SHA-256 in hexadecimal"))) }
}

fn extension(with: &With) -> Result<&str, ActionError> {
    let text = parameter(with, "extension")?.trim().trim_start_matches('.');
    let fits = !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(text) } else { Err(ActionError::Unfit(format!("{text:?} is no extension like docm"))) }
}

async fn described(program: &Program, root: &str, mut paths: Vec<String>) -> Result<Vec<Value>, ActionError> {
    paths.sort();
    let mut files = Vec::new();
    // Far below the longest command line.
    for some in paths.chunks(100) {
        let arguments = |first: &[&'static str]| -> Vec<String> {
            first.iter().map(|word| (*word).to_owned()).chain(some.iter().cloned()).collect()
        };
        let about = arguments(&["stat", "--printf", "%a %u:%g\\0", "--"]);
        let hashed = arguments(&["sha256sum", "-z", "--"]);
        let words = |words: &[String]| words.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let (about, hashed) = (program.listed(&words(&about)).await?, program.listed(&words(&hashed)).await?);
        for ((path, about), hashed) in some.iter().zip(about).zip(hashed) {
            let (mode, owner) = about.split_once(' ').unwrap_or_default();
            let path = path.strip_prefix(root).unwrap_or(path);
            let sha256 = hashed.split_whitespace().next().unwrap_or_default();
            files.push(json!({ "path": path, "sha256": sha256, "mode": mode, "owner": owner }));
        }
    }
    Ok(files)
}

impl Program {
    /// What a program printed that has to succeed, if it was read whole.
    async fn whole(&self, arguments: &[&str]) -> Result<String, ActionError> {
        let ran = self.run(arguments, None).await?;
        if ran.is_cut {
            return Err(ActionError::Unfit("too much lies below the folder; name a smaller one".to_owned()));
        }
        // Files that go away meanwhile make find fail, and are none.
        Ok(ran.out)
    }

    async fn listed(&self, arguments: &[String]) -> Result<Vec<String>, ActionError> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let out = self.must(&words, None).await?;
        Ok(out.split('\0').filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }
}

/// Files are moved to a place where only root looks.
struct Quarantine {
    files: Files,
    spec: &'static ActionSpec,
}

impl Setting for Quarantine {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let (free, held) = (self.files.found(with, "").await?, self.files.found(with, QUARANTINE).await?);
        if free.is_empty() && held.is_empty() {
            return Err(ActionError::ByHand("there is no such file".to_owned()));
        }
        Ok(json!({ "in_place": free, "held": held }))
    }

    fn wanted(&self, _: &With, was: &Value) -> Value {
        let mut all: Vec<Value> = listed(was, "in_place").chain(listed(was, "held")).cloned().collect();
        all.sort_by_key(|file| file["path"].as_str().map(str::to_owned));
        json!({ "in_place": [], "held": all })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let program = self.files.program(with)?;
        program.must(&["mkdir", "-p", "-m", "700", "--", QUARANTINE], None).await?;
        for (list, from, root) in [("held", "", QUARANTINE), ("in_place", QUARANTINE, "")] {
            for file in listed(to, list).filter_map(|file| file["path"].as_str()) {
                let (source, target) = (format!("{from}{file}"), format!("{root}{file}"));
                if !program.run(&["test", "-f", &source], None).await?.success {
                    continue;
                }
                let folder = target.rsplit_once('/').map_or("/", |(folder, _)| folder);
                program.must(&["mkdir", "-p", "--", folder], None).await?;
                // Who owns the folders may have put a link there meanwhile.
                straight(program, folder, "").await?;
                program.must(&["mv", "-n", "--", &source, &target], None).await?;
            }
        }
        Ok(())
    }
}

/// Programs lose the right to be started, for everybody.
struct BlockProgram {
    files: Files,
    spec: &'static ActionSpec,
}

impl Setting for BlockProgram {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let files = self.files.found(with, "").await?;
        if files.is_empty() {
            return Err(ActionError::ByHand("there is no such file".to_owned()));
        }
        Ok(json!({ "files": files }))
    }

    fn wanted(&self, _: &With, was: &Value) -> Value {
        let blocked = |file: &Value| {
            let mut file = file.clone();
            file["mode"] = json!(format!("{:o}", mode(&file) & !0o111));
            file
        };
        json!({ "files": listed(was, "files").map(blocked).collect::<Vec<_>>() })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let program = self.files.program(with)?;
        for file in listed(to, "files") {
            let (mode, path) = (format!("{:04o}", mode(file)), file["path"].as_str().unwrap_or_default());
            program.must(&["chmod", &mode, "--", path], None).await?;
        }
        Ok(())
    }

    async fn look(&self, with: &With, expected: &Value) -> Result<Look, ActionError> {
        let program = self.files.program(with)?;
        for file in listed(expected, "files") {
            let path = file["path"].as_str().unwrap_or_default();
            let starts = program.run(&["test", "-x", path], None).await?.success;
            if starts != (mode(file) & 0o111 != 0) {
                let seen = if starts { "can be started" } else { "cannot be started" };
                return Ok(Look::Contradicts(format!("{path} {seen}")));
            }
        }
        Ok(Look::Fits("the kernel says the same of each".to_owned()))
    }
}

fn listed<'v>(value: &'v Value, list: &str) -> impl Iterator<Item = &'v Value> {
    value[list].as_array().into_iter().flatten()
}

fn mode(file: &Value) -> u32 {
    file["mode"].as_str().and_then(|mode| u32::from_str_radix(mode, 8).ok()).unwrap_or_default()
}
