//! Followed files, one feature at a time.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quell_connect::{FollowOptions, follow};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fake::{FakeIntake, clock};
use crate::folder::Folder;

/// Follows paths until it is stopped; the intake stays.
pub(crate) struct Following {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Following {
    pub(crate) fn start(intake: &Arc<FakeIntake>, paths: &[PathBuf]) -> Following {
        let mut options = FollowOptions::new("files", paths.to_vec());
        options.poll = Duration::from_millis(3);
        options.retry_wait = Duration::from_millis(2);
        let stop = watch::Sender::new(false);
        let task = tokio::spawn(follow(options, intake.clone(), clock(), stop.subscribe()));
        Following { stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap();
    }
}

pub(crate) fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn lines_are_read_as_they_are_written() {
    let folder = Folder::new("follow-append");
    let (path, intake) = (folder.path().join("app.log"), FakeIntake::new());
    let following = Following::start(&intake, std::slice::from_ref(&path));
    tokio::time::sleep(Duration::from_millis(20)).await;
    append(&path, "one\ntwo\nthr");
    assert_eq!(intake.wait_for(2).await, ["one", "two"]);
    append(&path, "ee\n");
    assert_eq!(intake.wait_for(3).await, ["one", "two", "three"]);
    let taken = intake.taken();
    assert_eq!((taken[0].preamble.as_slice(), taken[1].preamble.as_slice()), (b"".as_slice(), b"one\n".as_slice()));
    assert_eq!(taken[0].source, "files");
    let checkpoint = taken[1].checkpoint.clone().unwrap();
    assert_eq!(checkpoint.key, format!("file:{}", path.display()));
    assert!(checkpoint.value.contains("\"offset\":14"), "{}", checkpoint.value);
    following.stop().await;
}

#[tokio::test]
async fn a_restart_goes_on_at_the_checkpoint() {
    let folder = Folder::new("follow-restart");
    let (path, intake) = (folder.with("conn.log", "#fields a b\n#types c d\n1 2\n3 4\n"), FakeIntake::new());
    let following = Following::start(&intake, std::slice::from_ref(&path));
    intake.wait_for(4).await;
    following.stop().await;
    append(&path, "5 6\n");
    let following = Following::start(&intake, std::slice::from_ref(&path));
    assert_eq!(intake.wait_for(5).await[4], "5 6");
    assert_eq!(intake.taken().last().unwrap().preamble, b"#fields a b\n#types c d\n");
    following.stop().await;
}

#[tokio::test]
async fn refused_lines_are_sent_again() {
    let folder = Folder::new("follow-refused");
    let (path, intake) = (folder.with("app.log", "one\n"), FakeIntake::new());
    intake.refuse(3);
    let following = Following::start(&intake, std::slice::from_ref(&path));
    assert_eq!(intake.wait_for(1).await, ["one"]);
    let attempts = intake.attempts();
    assert!(attempts.len() == 4 && attempts.iter().all(|key| *key == attempts[0]));
    following.stop().await;
}

#[tokio::test]
async fn a_renamed_file_is_read_to_its_end_first() {
    let folder = Folder::new("follow-rotation");
    let (path, old, intake) = (folder.with("app.log", "one\n"), folder.path().join("app.log.1"), FakeIntake::new());
    let following = Following::start(&intake, std::slice::from_ref(&path));
    intake.wait_for(1).await;
    following.stop().await;
    append(&path, "two\nthree");
    fs::rename(&path, &old).unwrap();
    append(&path, "four\n");
    let following = Following::start(&intake, std::slice::from_ref(&path));
    // Its last line is not whole; nobody completes it, so it is read once the file is quiet.
    assert_eq!(intake.wait_for(4).await, ["one", "two", "four", "three"]);
    append(&old, "late\n");
    assert_eq!(intake.wait_for(5).await[4], "late");
    following.stop().await;
}

#[tokio::test]
async fn rotations_that_nobody_saw_are_made_up_for() {
    let folder = Folder::new("follow-away");
    let name = |number: u32| folder.path().join(format!("app.log.{number}"));
    folder.with("app.log.1", "before the first start\n");
    // Files are told apart by when they were created, and clocks of file systems are coarse.
    tokio::time::sleep(Duration::from_millis(30)).await;
    let (path, intake) = (folder.with("app.log", "one\n"), FakeIntake::new());
    let following = Following::start(&intake, std::slice::from_ref(&path));
    intake.wait_for(1).await;
    following.stop().await;
    for line in ["two\n", "three\n"] {
        for number in (1..=2).rev().filter(|number| name(*number).exists()) {
            fs::rename(name(number), name(number + 1)).unwrap();
        }
        fs::rename(&path, name(1)).unwrap();
        append(&path, line);
    }
    folder.with("app.log.9.gz", "packed since\n");
    let following = Following::start(&intake, std::slice::from_ref(&path));
    assert_eq!(intake.wait_for(3).await, ["one", "two", "three"]);
    following.stop().await;
}

#[tokio::test]
async fn a_truncated_file_is_read_from_its_beginning() {
    let folder = Folder::new("follow-truncated");
    let (path, intake) = (folder.with("app.log", "one\ntwo\n"), FakeIntake::new());
    let following = Following::start(&intake, std::slice::from_ref(&path));
    intake.wait_for(2).await;
    fs::write(&path, "3\n").unwrap();
    assert_eq!(intake.wait_for(3).await[2], "3");
    // Longer than before, with the same beginning.
    fs::write(&path, "3\nfour\n").unwrap();
    assert_eq!(intake.wait_for(4).await[3], "four");
    // Longer than before, with another beginning.
    fs::write(&path, "five\nsix\nseven\n").unwrap();
    assert_eq!(intake.wait_for(7).await[4..], ["five", "six", "seven"]);
    // The copy that copytruncate makes is not read.
    fs::copy(&path, folder.path().join("app.log.1")).unwrap();
    fs::write(&path, "8\n").unwrap();
    assert_eq!(intake.wait_for(8).await[7..], ["8"]);
    following.stop().await;
}

#[tokio::test]
async fn a_file_with_the_same_header_is_told_from_the_one_before() {
    let folder = Folder::new("follow-header");
    let header = format!("{}\n", "h".repeat(300));
    let (path, intake) = (folder.with("app.log", format!("{header}{}\n", "1".repeat(300))), FakeIntake::new());
    let following = Following::start(&intake, std::slice::from_ref(&path));
    intake.wait_for(2).await;
    following.stop().await;
    fs::write(&path, format!("{header}{}\nlast\n", "2".repeat(300))).unwrap();
    let following = Following::start(&intake, std::slice::from_ref(&path));
    let lines = intake.wait_for(5).await;
    assert_eq!((lines[3].as_str(), lines[4].as_str()), ("2".repeat(300).as_str(), "last"));
    following.stop().await;
}

#[tokio::test]
async fn folders_and_patterns_are_followed() {
    let folder = Folder::new("follow-folder");
    folder.with("logs/b.log", "b1\n");
    folder.with("logs/a.log", "a1\n");
    folder.with("logs/deeper/c.log", "c1\n");
    folder.with("other/x-1.json", "x1\n");
    folder.with("other/y-1.json", "y1\n");
    let intake = FakeIntake::new();
    let paths = [folder.path().join("logs"), folder.path().join("other/x-*.json")];
    let following = Following::start(&intake, &paths);
    assert_eq!(intake.wait_for(3).await, ["a1", "b1", "x1"]);
    // A rename in a followed folder is not a new file.
    fs::rename(folder.path().join("logs/a.log"), folder.path().join("logs/a.log.1")).unwrap();
    folder.with("logs/a.log", "a2\n");
    folder.with("other/x-2.json", "x2\n");
    assert_eq!(intake.wait_for(5).await[3..], ["a2", "x2"]);
    following.stop().await;
    assert_eq!(intake.checkpoints().len(), 4);
    append(&folder.path().join("logs/a.log"), "a3\n");
    let following = Following::start(&intake, &paths);
    assert_eq!(intake.wait_for(6).await[5..], ["a3"]);
    following.stop().await;
}

#[tokio::test]
async fn what_cannot_be_followed_does_not_stop_the_rest() {
    let folder = Folder::new("follow-foreign");
    folder.with("a.gz", b"\x1F\x8B\x08\0\n\n");
    folder.with("b.evtx", b"ElfFile\0\n");
    folder.with("c.log", "one\n");
    let intake = FakeIntake::new();
    let paths = [folder.path().join("missing/x.log"), folder.path().to_path_buf()];
    let following = Following::start(&intake, &paths);
    assert_eq!(intake.wait_for(1).await, ["one"]);
    following.stop().await;
}

#[tokio::test]
async fn much_comes_in_parts() {
    let folder = Folder::new("follow-parts");
    let text: String = (0..300_000).map(|number| format!("line {number:06}\n")).collect();
    let (path, intake) = (folder.with("app.log", &text), FakeIntake::new());
    let following = Following::start(&intake, std::slice::from_ref(&path));
    let lines = intake.wait_for(300_000).await;
    assert!(lines.iter().enumerate().all(|(number, line)| *line == format!("line {number:06}")));
    assert!(intake.taken().iter().all(|delivery| delivery.bytes.len() <= 1 << 20));
    following.stop().await;
}
