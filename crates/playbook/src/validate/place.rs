//! Where in a document something is. Places are made on the way down and written out only for a finding.

/// A place in a document.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    above: Option<&'p Place<'p>>,
    last: Last<'p>,
}

#[derive(Clone, Copy)]
enum Last<'p> {
    Pointer(&'p str),
    Key(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    /// The document itself.
    pub(super) const ROOT: Place<'static> = Place { above: None, last: Last::Pointer("") };

    /// A place that is already written out.
    pub(super) fn of(pointer: &'p str) -> Place<'p> {
        Place { above: None, last: Last::Pointer(pointer) }
    }

    /// A member of an object.
    pub(super) fn key(&'p self, name: &'p str) -> Place<'p> {
        Place { above: Some(self), last: Last::Key(name) }
    }

    /// An item of a list.
    pub(super) fn index(&'p self, index: usize) -> Place<'p> {
        Place { above: Some(self), last: Last::Index(index) }
    }

    /// As a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let mut parts = Vec::new();
        let mut place = Some(self);
        while let Some(here) = place {
            parts.push(match here.last {
                Last::Pointer(pointer) => pointer.to_owned(),
                Last::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
                Last::Index(index) => format!("/{index}"),
            });
            place = here.above;
        }
        parts.reverse();
        parts.concat()
    }
}

/// A text as messages show it: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 80;
    let mut short: String = text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARACTERS_MAX).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}
