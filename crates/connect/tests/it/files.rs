//! Files and folders: order, links, and what cannot be read.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};

use quell_connect::visit;

use crate::folder::{Folder, check, found};

#[test]
fn files_come_in_order_of_name() {
    let folder = Folder::new("order");
    folder.with("b.log", "2");
    folder.with("a/z.log", "1");
    folder.with("c!d.log", "3");
    folder.with("empty", "");
    folder.check(&["a/z.log: 1", "b.log: 2", "c!d.log: 3", "empty: "]);
    let (first, second) = (folder.path().join("c!d.log"), folder.path().join("b.log"));
    check(&found(&[first, second], folder.path()), &["c!d.log: 3", "b.log: 2"]);
}

#[test]
fn links_are_followed_only_if_named() {
    let folder = Folder::new("links");
    let file = folder.with("a/file.log", "1");
    let names = ["a/dangling", "a/link", "a/loop", "folder"];
    symlink(folder.path().join("absent"), folder.path().join(names[0])).unwrap();
    symlink(&file, folder.path().join(names[1])).unwrap();
    symlink(folder.path(), folder.path().join(names[2])).unwrap();
    symlink(folder.path().join("a"), folder.path().join(names[3])).unwrap();
    folder.check(&[
        "a/file.log: 1",
        "a/dangling: symbolic link in a folder, not followed…",
        "a/link: symbolic link in a folder…",
        "a/loop: symbolic link in a folder…",
        "folder: symbolic link in a folder…",
    ]);

    let named = |name: &str| found(&[folder.path().join(name)], folder.path());
    check(&named(names[0]), &["a/dangling: No such file…"]);
    check(&named(names[1]), &["a/link: 1"]);
    check(&named(names[3])[..1], &["folder/file.log: 1"]);
    check(&named("absent"), &["absent: No such file…"]);
}

#[test]
fn what_cannot_be_opened_does_not_stop_the_rest() {
    let folder = Folder::new("unreadable");
    for name in ["a/x", "b", "c"] {
        folder.with(name, "text");
    }
    let forbid = |name: &str, mode| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    forbid("b", 0);
    forbid("a", 0);
    let found = folder.found();
    forbid("a", 0o700);
    let as_root = fs::read(folder.path().join("b")).is_ok();
    if as_root {
        #[expect(clippy::print_stderr, reason = "a test that proves less than it says must say so")]
        {
            eprintln!("root may read every file: permissions were not tested");
        }
        return check(&found, &["a/x: text", "b: text", "c: text"]);
    }
    check(&found, &["c: text", "a: Permission denied…", "b: Permission denied…"]);
}

#[test]
fn sockets_are_not_read_and_told() {
    let folder = Folder::new("socket");
    folder.with("z", "text");
    let bound = std::os::unix::net::UnixListener::bind(folder.path().join("socket"));
    if bound.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidInput) {
        return; // The path is too long for a socket here.
    }
    bound.unwrap();
    folder.check(&["z: text", "socket: neither file nor folder, not read…"]);
}

#[test]
fn an_error_of_the_caller_ends_the_visit() {
    let folder = Folder::new("error");
    folder.with("a", "");
    folder.with("b", "");
    let mut seen = 0;
    let outcome = visit(&[folder.path().to_owned()], |_| {
        seen += 1;
        Err("stop")
    });
    assert_eq!((outcome, seen), (Err("stop"), 1));
}
