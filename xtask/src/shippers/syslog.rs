//! rsyslog and syslog-ng: each follows a file that grows, and sends its lines.
#![expect(clippy::disallowed_methods, reason = "it starts the shippers")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{COUNT, Daemon, Program, World, text};
use crate::live::rest;

/// Lines that are written together.
const PORTION: usize = 50;
/// Rest between two portions.
const REST_MILLISECONDS: u64 = 20;

/// One way to ship.
pub(super) struct Shipper {
    /// Its name; lines carry it.
    pub(super) name: &'static str,
    program: &'static str,
    tls: bool,
    /// Whether the server is restarted in the middle.
    restart: bool,
    settings: &'static str,
    arguments: &'static [&'static str],
}

const RSYSLOG: &[&str] = &["-n", "-f", "{folder}/settings", "-i", "{folder}/pid"];
const SYSLOG_NG: &[&str] = &[
    "--foreground",
    "--no-caps",
    "--cfgfile={folder}/settings",
    "--persist-file={folder}/persist",
    "--pidfile={folder}/pid",
    "--control={folder}/control",
];

const RSYSLOG_PACKAGES: &[&str] = &["rsyslog", "rsyslog-gnutls", "libestr0", "libfastjson4"];
const SYSLOG_NG_PACKAGES: &[&str] = &["syslog-ng-core", "libivykis0", "libnet1", "libpcre3", "libwrap0"];

/// All of them.
pub(super) const SHIPPERS: [Shipper; 5] = [
    Shipper {
        name: "rsyslog",
        program: "rsyslogd",
        tls: false,
        restart: false,
        settings: r#"
global(workDirectory="{folder}")
module(load="imfile")
input(type="imfile" file="{folder}/lines" tag="shop:")
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp")
"#,
        arguments: RSYSLOG,
    },
    Shipper {
        name: "rsyslog-restart",
        program: "rsyslogd",
        tls: false,
        restart: true,
        settings: r#"
global(workDirectory="{folder}")
module(load="imfile")
input(type="imfile" file="{folder}/lines" tag="shop:")
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"
    queue.type="LinkedList" queue.filename="waiting" queue.saveOnShutdown="on"
    action.resumeRetryCount="-1" action.resumeInterval="1")
"#,
        arguments: RSYSLOG,
    },
    Shipper {
        name: "rsyslog-tls",
        program: "rsyslogd",
        tls: true,
        restart: false,
        settings: r#"
global(workDirectory="{folder}" defaultNetstreamDriverCAFile="{certificate}")
module(load="imfile")
input(type="imfile" file="{folder}/lines" tag="shop:")
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" tcp_framing="octet-counted"
    streamDriver="gtls" streamDriverMode="1" streamDriverAuthMode="x509/certvalid")
"#,
        arguments: RSYSLOG,
    },
    Shipper {
        name: "syslog-ng",
        program: "syslog-ng",
        tls: false,
        restart: true,
        settings: r#"@version: 3.38
options { keep-hostname(yes); stats-freq(0); time-reopen(1); };
source lines { file("{folder}/lines" follow-freq(0.1) flags(no-parse)); };
destination quell { syslog("127.0.0.1" transport("tcp") port({port})); };
log { source(lines); destination(quell); flags(flow-control); };
"#,
        arguments: SYSLOG_NG,
    },
    Shipper {
        name: "syslog-ng-tls",
        program: "syslog-ng",
        tls: true,
        restart: false,
        settings: r#"@version: 3.38
options { keep-hostname(yes); stats-freq(0); time-reopen(1); };
source lines { file("{folder}/lines" follow-freq(0.1) flags(no-parse)); };
destination quell {
    network("127.0.0.1" transport("tls") port({port}) tls(ca-file("{certificate}") peer-verify(required-trusted)));
};
log { source(lines); destination(quell); flags(flow-control); };
"#,
        arguments: SYSLOG_NG,
    },
];

/// Ships lines and counts them; true if all arrived, or the shipper is not installed.
pub(super) fn run(world: &mut World, shipper: &Shipper) -> Result<bool> {
    let packages =
        if shipper.program == "rsyslogd" { ("-v", RSYSLOG_PACKAGES) } else { ("--version", SYSLOG_NG_PACKAGES) };
    let Some(program) = Program::find(shipper.program, packages, &world.folder) else {
        println!("skipped: {}, because {} cannot be installed", shipper.name, shipper.program);
        return Ok(true);
    };
    let Some(port) = (if shipper.tls { world.tls } else { Some(world.tcp) }) else { return Ok(true) };
    let folder = world.folder.join(shipper.name);
    fs::create_dir_all(&folder)?;
    let certificate = world.folder.join("certificate.pem").display().to_string();
    let filled = |text: &str| {
        let text = text.replace("{folder}", &folder.display().to_string());
        text.replace("{port}", &port.to_string()).replace("{certificate}", &certificate)
    };
    fs::write(folder.join("settings"), filled(shipper.settings))?;
    let lines = File::create(folder.join("lines"))?;
    let daemon = start(&program, shipper, (&folder, &filled))?;
    write(world, shipper, lines)?;
    let (protocol, restarted) =
        (if shipper.tls { "tls" } else { "tcp" }, if shipper.restart { ", server restarted" } else { "" });
    let what = format!("{} ({}, {protocol}{restarted})", shipper.name, program.version);
    let good = world.judge((protocol, shipper.name), &what, usize::from(shipper.restart))?;
    drop(daemon);
    Ok(good)
}

/// Starts it, without the rights of a superuser.
fn start(program: &Program, shipper: &Shipper, (folder, filled): (&Path, &dyn Fn(&str) -> String)) -> Result<Daemon> {
    let unprivileged = r#"
if [ "$(id -u)" = 0 ]; then
    chown -R nobody "$1"; shift; exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
fi
shift; exec "$@""#;
    let log = File::create(folder.join("log"))?;
    let mut command = Command::new("sh");
    command.args(["-c", unprivileged, "sh"]).arg(folder).arg(&program.path);
    command.args(shipper.arguments.iter().map(|argument| filled(argument)));
    if let Some(libraries) = program.libraries() {
        // What was unpacked looks for its modules where it would have been installed.
        let modules = libraries.join("rsyslog");
        command.env("LD_LIBRARY_PATH", &libraries).env("RSYSLOG_MODDIR", modules);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(Daemon(command.spawn().context("cannot start it")?))
}

/// Writes the lines as a program would that logs; restarts the server when half of them are written, while more are.
fn write(world: &mut World, shipper: &Shipper, mut lines: File) -> Result<()> {
    let name = shipper.name;
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        for first in (0..COUNT).step_by(PORTION) {
            let portion: String = (first..first + PORTION).map(|number| text(name, number) + "\n").collect();
            lines.write_all(portion.as_bytes())?;
            rest(REST_MILLISECONDS);
        }
        Ok(())
    });
    if shipper.restart {
        rest((COUNT / PORTION) as u64 * REST_MILLISECONDS / 2);
        world.server.stop()?;
        rest(500);
        world.server.start()?;
    }
    writer.join().map_err(|_| anyhow::anyhow!("the writer failed"))??;
    Ok(())
}
