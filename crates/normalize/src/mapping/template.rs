//! Templates of entities: text with `{Field}` holes.
//!
//! A hole can name alternatives (`{Computer,Hostname}`) and filters (`{ProcessId|number}`). A template whose hole the
//! record cannot fill has no value. Special holes: `{host}` (short, lower case) and `{host_name}` (as the record has it).

use std::net::IpAddr;

use quell_model::{Attr, Entity, EntityKind, FieldId, FieldTable, Fields, short_host};

use super::condition::Condition;

/// What the special holes stand for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Holes<'a> {
    pub(crate) host: Option<&'a str>,
    pub(crate) host_name: Option<&'a str>,
}

/// A compiled template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Hole { sources: Vec<Source>, filters: Vec<Filter> },
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Field(FieldId),
    Host,
    HostName,
}

#[derive(Debug, Clone, Copy)]
enum Filter {
    /// Lower case.
    Lower,
    /// Decimal, from decimal or hexadecimal.
    Number,
    /// Last part of a path.
    Base,
    /// A host's short name, lower case.
    Short,
    /// An IP address; anything else is no value. IPv4 inside IPv6 becomes IPv4.
    Address,
    /// An address that is not this machine.
    Remote,
    /// Only values that name a user and not a machine account (`NAME$`).
    Human,
    /// Up to the first `:` of a Sysmon stream name, that is the file itself.
    Stream,
    /// The value of `HostUrl=` in a Zone.Identifier stream.
    HostUrl,
    /// A Windows path without its device prefix, lower case.
    Path,
}

impl Template {
    pub(super) fn compile(text: &str, table: &mut FieldTable) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (hole, next) = after.split_once('}').ok_or_else(|| format!("`{text}`: a `}}` is missing"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(hole_of(hole, table)?);
            rest = next;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template { parts })
    }

    pub(crate) fn fill(&self, fields: &Fields, holes: Holes<'_>) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Hole { sources, filters } => text.push_str(&fill_hole(sources, filters, fields, holes)?),
            }
        }
        Some(text)
    }
}

fn hole_of(hole: &str, table: &mut FieldTable) -> Result<Part, String> {
    let mut pieces = hole.split('|');
    let sources = pieces.next().unwrap_or_default().split(',').map(|name| match name.trim() {
        "host" => Source::Host,
        "host_name" => Source::HostName,
        name => Source::Field(table.register(name)),
    });
    let sources = sources.collect();
    let filters = pieces.map(|name| filter_of(name).ok_or_else(|| format!("unknown filter `{name}` in `{{{hole}}}`")));
    Ok(Part::Hole { sources, filters: filters.collect::<Result<_, _>>()? })
}

fn filter_of(name: &str) -> Option<Filter> {
    Some(match name.trim() {
        "lower" => Filter::Lower,
        "number" => Filter::Number,
        "base" => Filter::Base,
        "short" => Filter::Short,
        "address" => Filter::Address,
        "remote" => Filter::Remote,
        "human" => Filter::Human,
        "stream" => Filter::Stream,
        "host_url" => Filter::HostUrl,
        "path" => Filter::Path,
        _ => return None,
    })
}

fn fill_hole(sources: &[Source], filters: &[Filter], fields: &Fields, holes: Holes<'_>) -> Option<String> {
    sources.iter().find_map(|source| {
        let value = match source {
            Source::Field(field) => fields.text(*field)?.into_owned(),
            Source::Host => holes.host?.to_owned(),
            Source::HostName => holes.host_name?.to_owned(),
        };
        filters.iter().try_fold(value, |value, filter| filter.apply(&value))
    })
}

impl Filter {
    fn apply(self, value: &str) -> Option<String> {
        match self {
            Filter::Lower => Some(value.to_lowercase()),
            Filter::Number => number(value),
            Filter::Base => value.rsplit(['\\', '/']).next().map(str::to_owned),
            Filter::Short => Some(short_host(value)),
            Filter::Address => address(value).map(|address| address.to_string()),
            Filter::Remote => {
                let address = address(value)?;
                let own = address.is_loopback() || address.is_unspecified();
                (!own).then(|| address.to_string())
            }
            Filter::Human => (!value.ends_with('$')).then(|| value.to_owned()),
            // The drive letter's colon comes before the first backslash.
            Filter::Stream => {
                let from = value.find('\\').unwrap_or(0);
                let end = value[from..].find(':').map_or(value.len(), |at| from + at);
                Some(value[..end].to_owned())
            }
            Filter::HostUrl => value
                .split_once("HostUrl=")
                .and_then(|(_, url)| url.split_whitespace().next())
                .filter(|url| url.contains("://") && !url.starts_with("about:"))
                .map(str::to_owned),
            Filter::Path => {
                let path = value.trim_matches('"').trim_start_matches(r"\\?\").trim_start_matches(r"\??\");
                Some(path.to_lowercase())
            }
        }
    }
}

fn number(value: &str) -> Option<String> {
    let parsed = match value.strip_prefix("0x").or_else(|| value.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => value.parse::<u64>().ok(),
    };
    parsed.map(|number| number.to_string())
}

fn address(value: &str) -> Option<IpAddr> {
    let parsed: IpAddr = value.trim_matches(['[', ']']).parse().ok()?;
    Some(parsed.to_canonical())
}

/// A compiled entity.
#[derive(Debug, Clone)]
pub(crate) enum EntityRule {
    /// The first of these that the record has.
    First(Vec<usize>),
    /// One entity.
    One(Box<OneEntity>),
}

#[derive(Debug, Clone)]
pub(crate) struct OneEntity {
    pub(super) kind: EntityKind,
    pub(super) key: Vec<Template>,
    pub(super) name: Option<Template>,
    pub(super) attrs: Vec<(Attr, Template)>,
    pub(super) when: Condition,
}

impl EntityRule {
    /// The entity that the record names, if it does.
    pub(crate) fn entity(&self, rules: &[EntityRule], fields: &Fields, holes: Holes<'_>) -> Option<Entity> {
        match self {
            EntityRule::First(options) => options.iter().find_map(|at| match &rules[*at] {
                EntityRule::One(rule) => rule.entity(fields, holes),
                // A list of alternatives names plain entities only; the compiler sees to it.
                EntityRule::First(_) => None,
            }),
            EntityRule::One(rule) => rule.entity(fields, holes),
        }
    }
}

impl OneEntity {
    fn entity(&self, fields: &Fields, holes: Holes<'_>) -> Option<Entity> {
        if !self.when.holds(fields) {
            return None;
        }
        let keys: Vec<String> = self.key.iter().filter_map(|key| key.fill(fields, holes)).collect();
        let name = self.name.as_ref().and_then(|name| name.fill(fields, holes));
        let name = name.or_else(|| keys.first().cloned())?;
        let attrs = self.attrs.iter().filter_map(|(attr, value)| Some((*attr, value.fill(fields, holes)?)));
        (!keys.is_empty()).then(|| Entity { kind: self.kind, name, attrs: attrs.collect(), keys })
    }
}
