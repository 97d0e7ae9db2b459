//! `quell playbook`: what there is, and whether a document is as the standard demands. Needs no server.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use quell_model::Timestamp;
use quell_model::ports::{Clock, Random};
use quell_playbook::run::{Ended, Rehearsed, Script, rehearse};
use quell_playbook::sign::{self, Worth, signatures};
use quell_playbook::validate::{Finding, Grade, examine};
use quell_playbook::{Document, author};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

use super::FOUND;
use crate::live::{SystemClock, SystemRandom};

#[derive(Debug, Subcommand)]
pub(crate) enum PlaybookCommand {
    /// List our playbooks
    List,
    /// Print one of them as it is written; or as CACAO v2.0, for other tools
    Show {
        /// Its name, as in the list
        name: String,
        /// Print it as CACAO v2.0 JSON
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong with a playbook; exit with 3 if it is not as the standard demands, or cannot be run
    Check {
        /// YAML or JSON
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the beginning of a playbook of your own, in the YAML form
    New {
        /// What it is called
        name: String,
    },
    /// Play a playbook through, without a server: actions answer as if they were done, people what you say. Exit with 3 if it does
    /// not come to its end. What targets would answer is shown by `quell run preview`
    Test {
        /// YAML or JSON
        file: PathBuf,
        /// A value that a person gives, as NAME=VALUE; given again, it is the next answer
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// Name of a step that fails; can be given again
        #[arg(long, value_name = "STEP")]
        fail: Vec<String>,
    },
    /// Print a playbook with one more signature, as CACAO v2.0 JSON
    Sign {
        /// YAML or JSON
        file: PathBuf,
        /// An Ed25519 private key in PEM, as `openssl genpkey -algorithm ed25519` makes one
        #[arg(long)]
        key: PathBuf,
        /// Who signs
        #[arg(long)]
        signee: String,
    },
    /// Say what the signatures of a playbook are worth; exit with 3 if none of them is trusted
    Verify {
        /// YAML or JSON
        file: PathBuf,
        /// A public key in PEM that is trusted; can be given again
        #[arg(long)]
        trust: Vec<PathBuf>,
    },
    /// Print a playbook in the other form: YAML as CACAO v2.0 JSON, JSON as YAML
    Convert {
        /// YAML or JSON
        file: PathBuf,
    },
}

/// Runs it.
pub(crate) fn playbook(command: &PlaybookCommand) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    match command {
        PlaybookCommand::List => {
            for file in quell_content::playbooks() {
                let document = author::from_yaml(file.text).with_context(|| file.path.to_owned())?;
                writeln!(out, "{:<28}  {}", name_of(file.path), document.text("name"))?;
            }
        }
        PlaybookCommand::Show { name, json } => {
            let found = quell_content::playbooks().find(|file| name_of(file.path) == name);
            let Some(file) = found else { bail!("there is no playbook {name}; `quell playbook list` shows them") };
            if *json {
                writeln!(out, "{}", author::from_yaml(file.text)?.to_json())?;
            } else {
                write!(out, "{}", file.text)?;
            }
        }
        PlaybookCommand::Check { files } => return report(files),
        PlaybookCommand::New { name } => write!(out, "{}", begun(name, SystemClock.now())?)?,
        PlaybookCommand::Test { file, set, fail } => return test(file, set, fail),
        PlaybookCommand::Sign { file, key, signee } => {
            let (document, _) = read(file)?;
            let key = PrivatePkcs8KeyDer::from_pem_file(key)
                .with_context(|| format!("cannot read the key {}", key.display()))?;
            let mut bytes = [0; 16];
            SystemRandom.fill(&mut bytes);
            let signed = sign::sign(&document, key.secret_pkcs8_der(), (&uuid(bytes), signee), SystemClock.now())?;
            writeln!(out, "{}", signed.to_json())?;
        }
        PlaybookCommand::Verify { file, trust } => return verify(file, trust),
        PlaybookCommand::Convert { file } => {
            let (document, is_json) = read(file)?;
            let text = if is_json { author::to_yaml(&document) } else { document.to_json() };
            writeln!(out, "{}", text.trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The beginning of a playbook: it is valid, and does nothing yet.
fn begun(name: &str, now: Timestamp) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.len() > 100 || name.chars().any(char::is_control) {
        bail!("a name has 1 to 100 characters on a line");
    }
    let small = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = name.chars().map(small).collect();
    let slug = slug.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let (slug, at) = (if slug.is_empty() { "mine".to_owned() } else { slug }, now.strftime("%Y-%m-%dT%H:%M:%S.000Z"));
    let quoted = serde_json::to_string(name)?;
    Ok(NEW.replace("{slug}", &slug).replace("{name}", &quoted).replace("{at}", &at.to_string()))
}

const NEW: &str = include_str!("new-playbook.yaml");

/// Plays it through, and says how it went.
fn test(file: &Path, set: &[String], fail: &[String]) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    let (document, _) = read(file)?;
    let mut script = Script { failing: fail.iter().cloned().collect(), ..Script::default() };
    for pair in set {
        let (name, value) = pair.split_once('=').with_context(|| format!("{pair:?} is not like __name__=value"))?;
        script.answers.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    let Rehearsed { happened, ended, not_reached } = rehearse(&document, &script, SystemClock.now())
        .map_err(|error| anyhow::anyhow!("at {}: {}", error.at, error.what))?;
    for one in &happened {
        let (step, what) = (quell_report::clean(&one.step), quell_report::clean(&one.what));
        writeln!(out, "{:>6} min  {step}\n            {what}", one.after_minutes)?;
    }
    let how = match &ended {
        Some(Ended::Completed) => "it came to its end".to_owned(),
        Some(Ended::Handled) => "something failed, and was handled as the playbook says".to_owned(),
        Some(Ended::Failed) => "something failed, and the playbook does not say what to do then".to_owned(),
        Some(Ended::Cancelled { reason }) => format!("it was ended: {}", quell_report::clean(reason)),
        None => "it stands still, or goes on for ever".to_owned(),
    };
    writeln!(out, "{how}; {} steps were done", happened.len())?;
    if !not_reached.is_empty() {
        let names: Vec<String> = not_reached.iter().map(|name| quell_report::clean(name).to_string()).collect();
        writeln!(out, "not reached: {}", names.join("; "))?;
    }
    Ok(if ended == Some(Ended::Completed) { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

/// Says what each signature is worth.
fn verify(file: &Path, trust: &[PathBuf]) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    let (document, _) = read(file)?;
    let trusted = trust.iter().map(|file| public_key(file)).collect::<Result<Vec<_>>>()?;
    let all = signatures(&document, SystemClock.now(), &trusted);
    if all.is_empty() {
        writeln!(out, "{}: not signed", file.display())?;
    }
    for one in &all {
        let worth = match &one.worth {
            Worth::Trusted => "valid, and its key is trusted".to_owned(),
            Worth::Unknown => "valid, but its key is not among those that are trusted".to_owned(),
            Worth::Broken(why) => format!("BROKEN: {why}"),
            Worth::Over(why) => format!("no longer valid: {why}"),
            Worth::Unsupported(why) => format!("cannot be checked: {why}"),
        };
        let (signee, algorithm) = (quell_report::clean(&one.signee), quell_report::clean(&one.algorithm));
        writeln!(out, "{}: {signee}, {algorithm}: {}", file.display(), quell_report::clean(&worth))?;
    }
    let is_trusted = all.iter().any(|one| one.worth == Worth::Trusted);
    Ok(if is_trusted { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

/// A public key in PEM, as signatures carry it.
pub(crate) fn public_key(file: &Path) -> Result<Vec<u8>> {
    let key = SubjectPublicKeyInfoDer::from_pem_file(file);
    Ok(key.with_context(|| format!("cannot read the public key {}", file.display()))?.as_ref().to_vec())
}

/// A UUID of random bytes (RFC 9562, version 4): CACAO takes no newer kind.
fn uuid(mut bytes: [u8; 16]) -> String {
    (bytes[6], bytes[8]) = (bytes[6] & 0x0f | 0x40, bytes[8] & 0x3f | 0x80);
    let hex = quell_model::hex::encode(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Says what is wrong with each file.
fn report(files: &[PathBuf]) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut errors = 0;
    for file in files {
        let (document, _) = read(file)?;
        let findings = examine(&document);
        for Finding { grade, rule, at, message } in &findings {
            let grade = if *grade == Grade::Error { "error" } else { "warning" };
            let (at, message) = (quell_report::clean(at), quell_report::clean(message));
            writeln!(out, "{}: {grade} {rule} at {at}: {message}", file.display())?;
        }
        let found = findings.iter().filter(|finding| finding.grade == Grade::Error).count();
        writeln!(out, "{}: {found} errors, {} warnings", file.display(), findings.len() - found)?;
        errors += found;
    }
    Ok(if errors > 0 { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

/// A document, and whether it was JSON.
fn read(file: &Path) -> Result<(Document, bool)> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let document = author::read(&text).with_context(|| format!("{} is no playbook", file.display()))?;
    Ok((document, author::is_json(&text)))
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or(path)
}
