//! Memory does not follow the length of a line.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::process::Stdio;

use crate::run::{Folder, command, stderr};

const LINE_BYTES: u64 = 200 << 20;
const PEAK_KIB_MAX: u64 = 300 << 10;

/// Peak of resident memory of a running process.
fn peak_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_line_of_200_mib_is_not_kept() {
    let folder = Folder::new("memory");
    let path = folder.file("long.log");
    // The middle of the file is a hole: zeros that take no room on the disk.
    let mut file = File::create(&path).unwrap();
    file.write_all(b"x").unwrap();
    file.seek(SeekFrom::Start(LINE_BYTES)).unwrap();
    file.write_all(b"\nunknown\n").unwrap();
    drop(file);

    // Standard input comes after the file. More than a pipe holds is taken only when the file was read.
    let mut child = command(&["detect", &path, "-"]);
    let mut child = child.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&[b'\n'; 1 << 20]).unwrap();
    let peak = peak_kib(child.id());
    drop(input);
    let output = child.wait_with_output().unwrap();
    let says = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{says}");
    assert!(says.contains("long.log at byte 0: line is longer than 16 MiB; skipped"), "{says}");
    assert!(says.contains(&format!("long.log at byte {}: no known log format", LINE_BYTES + 1)), "{says}");
    assert!(peak < PEAK_KIB_MAX, "{peak} KiB at most");
}
