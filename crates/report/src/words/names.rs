//! Long names: whole where they first appear, their last part from then on.
//!
//! Never where two names would look alike: a `svchost.exe` in the wrong folder is the point of many a story.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::{EntityKind, Step};

/// The names of one story.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    ambiguous: BTreeSet<&'a str>,
    seen: BTreeSet<(EntityKind, &'a str)>,
}

impl<'a> Names<'a> {
    /// Learns which last parts belong to one name only.
    pub(crate) fn of(chain: &'a [Step]) -> Names<'a> {
        let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (kind, name) in chain.iter().flat_map(ends) {
            names.entry(base_name(kind, name)).or_default().insert(name);
        }
        let ambiguous = names.into_iter().filter(|(_, names)| names.len() > 1).map(|(base, _)| base).collect();
        Names { ambiguous, seen: BTreeSet::new() }
    }

    /// The name to show here.
    pub(crate) fn shown(&mut self, kind: EntityKind, name: &'a str) -> &'a str {
        let base = base_name(kind, name);
        let is_new = self.seen.insert((kind, name));
        if is_new || self.ambiguous.contains(base) { name } else { base }
    }
}

fn ends(step: &Step) -> [(EntityKind, &str); 2] {
    [(step.source_kind, &step.source), (step.target_kind, &step.target)]
}

/// Last part of a path with what follows it, where a drawing has no room for the whole.
pub(crate) fn base_name(kind: EntityKind, name: &str) -> &str {
    let is_windows = name.as_bytes().get(1) == Some(&b':') || name.starts_with("\\\\");
    let end = match kind {
        EntityKind::Process | EntityKind::File if is_windows => name.rfind('\\'),
        EntityKind::Process | EntityKind::File if name.starts_with('/') => {
            name.get(..name.find(' ').unwrap_or(name.len())).and_then(|path| path.rfind('/'))
        }
        _ if name.starts_with("arn:") => name.rfind(':'),
        _ => None,
    };
    end.and_then(|end| name.get(end + 1..)).filter(|base| !base.is_empty()).unwrap_or(name)
}
