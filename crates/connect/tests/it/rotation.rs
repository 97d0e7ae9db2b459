//! Appends, rotations, refusals and restarts in random order: each line is delivered once.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::fake::FakeIntake;
use crate::folder::Folder;
use crate::follow::Following;

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A program that writes a log, and the one that rotates it.
struct Writer {
    path: PathBuf,
    current: File,
    /// The file before, which the program may still have open.
    before: Option<File>,
    rotations: u32,
    lines: u32,
}

impl Writer {
    fn new(path: PathBuf) -> Writer {
        let current = open(&path);
        Writer { path, current, before: None, rotations: 0, lines: 0 }
    }

    fn line(&mut self) -> String {
        self.lines += 1;
        format!("line {:05}\n", self.lines)
    }

    fn write(&mut self, count: u64) {
        let text: String = (0..count).map(|_| self.line()).collect();
        self.current.write_all(text.as_bytes()).unwrap();
    }

    /// A line in two pieces, and time to look between them.
    async fn write_torn(&mut self) {
        let line = self.line();
        self.current.write_all(&line.as_bytes()[..5]).unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.current.write_all(&line.as_bytes()[5..]).unwrap();
    }

    fn write_late(&mut self) {
        let line = self.line();
        self.before.as_mut().unwrap_or(&mut self.current).write_all(line.as_bytes()).unwrap();
    }

    /// As logrotate does: the oldest name is the highest number.
    fn rotate(&mut self) {
        let name = |number: u32| PathBuf::from(format!("{}.{number}", self.path.display()));
        for number in (1..=self.rotations).rev() {
            fs::rename(name(number), name(number + 1)).unwrap();
        }
        fs::rename(&self.path, name(1)).unwrap();
        self.rotations += 1;
        let new = open(&self.path);
        self.before = Some(std::mem::replace(&mut self.current, new));
    }
}

fn open(path: &PathBuf) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

async fn check(seed: u64, paths: &[PathBuf], writer: &mut Writer) {
    let intake = FakeIntake::new();
    let mut numbers = Numbers(seed);
    let mut following = Following::start(&intake, paths);
    // What was rotated before it was ever seen is not followed.
    writer.write(1);
    intake.wait_for(1).await;
    for _ in 0..60 {
        match numbers.below(10) {
            0..=3 => {
                let count = numbers.below(30);
                writer.write(count);
            }
            4 => writer.write_torn().await,
            5 => writer.write_late(),
            6 => writer.rotate(),
            7 => intake.refuse(2),
            8 => {
                following.stop().await;
                following = Following::start(&intake, paths);
            }
            _ => tokio::time::sleep(Duration::from_millis(numbers.below(8))).await,
        }
    }
    check_lines(seed, &intake, writer).await;
    following.stop().await;
}

async fn check_lines(seed: u64, intake: &Arc<FakeIntake>, writer: &Writer) {
    let mut lines = intake.wait_up_to(writer.lines as usize).await;
    lines.sort();
    let expected: Vec<String> = (1..=writer.lines).map(|number| format!("line {number:05}")).collect();
    let missing: Vec<&String> = expected.iter().filter(|line| !lines.contains(line)).collect();
    assert!(lines == expected, "seed {seed}: {} of {} lines, missing {missing:?}", lines.len(), expected.len());
}

#[tokio::test]
async fn a_named_file_loses_and_repeats_nothing() {
    for seed in 0..12 {
        let folder = Folder::new(&format!("rotation-named-{seed}"));
        let path = folder.path().join("app.log");
        check(seed, std::slice::from_ref(&path), &mut Writer::new(path.clone())).await;
    }
}

#[tokio::test]
async fn a_followed_folder_loses_and_repeats_nothing() {
    for seed in 100..112 {
        let folder = Folder::new(&format!("rotation-folder-{seed}"));
        let path = folder.path().join("app.log");
        check(seed, &[folder.path().to_path_buf()], &mut Writer::new(path)).await;
    }
}
