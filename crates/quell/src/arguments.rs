//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use quell_model::Level;

use crate::commands::{ClocksCommand, Incident, Metrics, PlaybookCommand, Run, Stakeholders, Tuning};

/// Incident response in one binary.
#[derive(Debug, Parser)]
#[command(name = "quell", version, about, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 found something at or above --fail-on.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read logs and tell the incidents in them: how each began, what it touched, what to do next
    Investigate(Investigate),
    /// Read logs and list every alert
    Detect(Detect),
    /// List the rules in force and those that are not, with the reason
    Rules(Rules),
    /// Write the logs of a scripted intrusion
    Scenario(Scenario),
    /// The frameworks of incident response: what is done in which phase, and which one to choose
    #[command(subcommand)]
    Framework(FrameworkCommand),
    /// Work on incidents of a running server
    Incident(Incident),
    /// Playbooks: what there is, and whether one is as the standard demands
    #[command(subcommand)]
    Playbook(PlaybookCommand),
    /// Runs of playbooks on a running server
    Run(Run),
    /// How long incidents take, from what to what
    Metrics(Metrics),
    /// Filters for rules that were wrong
    Tuning(Tuning),
    /// Who has to hear of incidents, and how they are reached
    Stakeholders(Stakeholders),
    /// Laws and contracts that set a term for telling somebody
    #[command(subcommand)]
    Clocks(ClocksCommand),
    /// Run the live server: intake, detection, incidents, API
    Serve(Serve),
    /// Check configuration, folder, keys, rules, store and ledger, and say what to do
    Doctor(Data),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Copy everything to a new folder; the server may run
    Backup {
        #[command(flatten)]
        data: Data,
        /// Folder to make
        #[arg(long)]
        to: PathBuf,
    },
    /// Make a data folder out of a backup and verify it
    Restore {
        #[command(flatten)]
        data: Data,
        /// Folder of the backup
        #[arg(long)]
        from: PathBuf,
    },
    /// Bring the store to this version (`serve` does it too)
    Migrate {
        #[command(flatten)]
        data: Data,
        /// Only list what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Verify, export or rebuild from the ledger
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Keys that seal secrets and sign
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Secrets that the configuration names as `{ sealed = "NAME" }`, sealed in the data folder
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Print the description of the API, OpenAPI 3.1
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    /// Folder with everything Quell keeps; `quell-data` if not given
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration; `quell.toml` in the data folder if not given
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Data,
    /// Address to listen on, over the configuration
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Replay two scripted intrusions as if their logs arrived now
    #[arg(long)]
    pub(crate) demo: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether it is valid
    Check(Data),
    /// Print it, with defaults and the environment
    Show(Data),
    /// Print its JSON Schema
    Schema,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Verify chain, signatures and stories
    Verify(Data),
    /// Make the read models anew from the entries; stop the server first
    Rebuild(Data),
    /// Print all entries, one a line as JSON
    Export(Data),
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Print the public key that bundles and heads of the ledger are signed with
    Public(Data),
    /// Add a key, and seal all stored secrets with it; stop the server first
    Rotate(Data),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Seal what standard input holds, without the line break at its end; a secret of that name is replaced
    Set {
        #[command(flatten)]
        data: Data,
        /// Its name
        name: String,
    },
    /// Names of those that are sealed
    List(Data),
    /// Forget one
    Remove {
        #[command(flatten)]
        data: Data,
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Inputs {
    /// Files, folders or archives; `-` is standard input. What a file is follows from its content
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) knowledge: Knowledge,
    /// No progress and no summary on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Knowledge {
    /// Sigma rules from this file or folder, beside our own
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Without our own rules
    #[arg(long)]
    pub(crate) no_default_rules: bool,
    /// A mapping for a source that Quell does not know (see content/mappings/README.md)
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Vec<PathBuf>,
    /// Value of a placeholder in rules, as NAME=VALUE; repeat for several values
    #[arg(long, value_name = "NAME=VALUE", value_parser = placeholder)]
    pub(crate) placeholder: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct Investigate {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Print the investigation as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report; `.html` gives one self-contained page, `.md` Markdown
    #[arg(long, value_name = "FILE", value_parser = report)]
    pub(crate) report: Vec<Report>,
    /// Exit with 3 if an incident is at least this severe (alerts outside incidents do not count; see `detect`)
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<Severity>,
}

#[derive(Debug, Args)]
pub(crate) struct Detect {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Print one alert a line as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 3 if an alert is at least this severe
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<Severity>,
}

#[derive(Debug, Args)]
pub(crate) struct Rules {
    #[command(flatten)]
    pub(crate) knowledge: Knowledge,
}

#[derive(Debug, Args)]
pub(crate) struct Scenario {
    #[command(subcommand)]
    pub(crate) command: ScenarioCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// List the scenarios
    List,
    /// Write the raw logs of a scenario to `logs` in a folder, and the truth about them to `truth.json` beside it
    Render {
        /// Name of the scenario
        name: String,
        /// Folder to write to; created if needed
        #[arg(long, short)]
        out: PathBuf,
        /// Benign records for each record of the intrusion
        #[arg(long, default_value_t = 20)]
        background: u32,
        /// The same seed gives the same logs
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// When the intrusion begins
        #[arg(long, default_value = "2026-11-02T08:00:00Z")]
        start: jiff::Timestamp,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FrameworkCommand {
    /// List the frameworks and their phases
    List,
    /// Show what is done in each phase of a framework
    Show {
        /// Its name, as in the list
        id: String,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Explain an activity: why it matters, who does it, what good looks like, and where each framework has it
    Activity {
        /// Its name, as `show` gives it
        id: String,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Help to choose a framework: seven questions, or the answers given here
    Choose(Choose),
}

#[derive(Debug, Args)]
pub(crate) struct Choose {
    /// Answer to a question; without any, all are asked
    #[arg(long = "answer", value_name = "FACTOR=ANSWER", value_parser = pair)]
    pub(crate) answers: Vec<(String, String)>,
    /// How much a question counts, instead of its usual weight
    #[arg(long = "weight", value_name = "FACTOR=NUMBER", value_parser = weight)]
    pub(crate) weights: Vec<(String, f64)>,
    /// What a law, a contract or a certificate asks for: nist, sans, mitre or iso
    #[arg(long, value_name = "FRAMEWORK")]
    pub(crate) require: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A report to write, in the format that its name asks for.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) file: PathBuf,
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum ReportFormat {
    Html,
    Markdown,
}

fn report(text: &str) -> Result<Report, String> {
    let file = PathBuf::from(text);
    let extension = file.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let format = match extension.as_deref() {
        Some("html" | "htm") => ReportFormat::Html,
        Some("md" | "markdown") => ReportFormat::Markdown,
        _ => return Err("the name must end with .html or .md".to_owned()),
    };
    Ok(Report { file, format })
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (factor, answer) = text.split_once('=').ok_or("write FACTOR=ANSWER")?;
    Ok((factor.to_owned(), answer.to_owned()))
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let (factor, number) = text.split_once('=').ok_or("write FACTOR=NUMBER")?;
    let number = number.parse().map_err(|_| format!("{number} is no number"))?;
    Ok((factor.to_owned(), number))
}

fn placeholder(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.trim_matches('%').to_owned(), value.to_owned()))
}

/// A level on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Severity {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub(crate) fn level(self) -> Level {
        match self {
            Severity::Informational => Level::Informational,
            Severity::Low => Level::Low,
            Severity::Medium => Level::Medium,
            Severity::High => Level::High,
            Severity::Critical => Level::Critical,
        }
    }
}
