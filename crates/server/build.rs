//! Embeds the console: every file below `web/dist`, as `make build` compressed it. Where it was not built, the server says so.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    if dist.is_dir() {
        collect(&dist, &mut files)?;
    }
    files.sort();

    let mut source = String::from("/// Address, brotli and gzip of every file of the console, by address.\n");
    source.push_str("static FILES: &[(&str, &[u8], &[u8])] = &[\n");
    for brotli in &files {
        let address = brotli.strip_prefix(&dist).unwrap_or(brotli).with_extension("");
        let path = fs::canonicalize(brotli)?;
        let (brotli, gzip) = (path.display().to_string(), path.with_extension("gz").display().to_string());
        let address = format!("/{}", address.to_string_lossy().replace('\\', "/"));
        let _ = writeln!(source, "    ({address:?}, include_bytes!({brotli:?}), include_bytes!({gzip:?})),");
    }
    source.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("console.rs"), source)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "br") {
            files.push(path);
        }
    }
    Ok(())
}
