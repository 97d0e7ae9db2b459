//! Records out of the inputs that the command line names.

use std::path::PathBuf;

use anyhow::{Result, bail};
use quell_connect::{Input, Problem};
use quell_engine::Knowledge;
use quell_normalize::{Item, RecordReader};

/// What a command does with what is read.
pub(crate) trait Sink {
    /// The items that follow come from this input.
    fn begin(&mut self, input: &str);
    /// A record or a rejection.
    fn item(&mut self, item: Item) -> Result<()>;
    /// An input could not be read, or not to its end.
    fn problem(&mut self, name: &str, offset: u64, reason: String);
}

/// Reads everything below `paths` into `sink`.
///
/// # Errors
/// None of the paths exists, or the sink failed.
pub(crate) fn read(paths: &[PathBuf], knowledge: &Knowledge, sink: &mut impl Sink) -> Result<()> {
    // Of equal records in several inputs the first is kept: the order of the arguments must not matter.
    let mut paths = paths.to_vec();
    paths.sort();
    let (there, absent): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.into_iter().partition(|path| path.as_os_str() == "-" || path.exists());
    if there.is_empty() {
        let names: Vec<String> = absent.iter().map(|path| path.display().to_string()).collect();
        bail!("no such file or folder: {}", names.join(", "));
    }
    for path in absent {
        sink.problem(&path.display().to_string(), 0, "no such file or folder".to_owned());
    }
    let problems = quell_connect::visit(&there, |input| read_input(input, knowledge, sink))?;
    for Problem { name, reason } in problems {
        sink.problem(&name, 0, reason);
    }
    Ok(())
}

fn read_input(input: Input<'_>, knowledge: &Knowledge, sink: &mut impl Sink) -> Result<()> {
    sink.begin(&input.name);
    let formats = knowledge.mappings().formats(input.year);
    let mut reader = match RecordReader::new(input.reader, &formats) {
        Ok(reader) => reader,
        Err(error) => {
            sink.problem(&input.name, 0, error.to_string());
            return Ok(());
        }
    };
    loop {
        match reader.next_item() {
            Ok(Some(item)) => sink.item(item)?,
            Ok(None) => return Ok(()),
            Err(error) => {
                sink.problem(&input.name, reader.offset(), error.to_string());
                return Ok(());
            }
        }
    }
}
