//! From the configuration to actions that an organisation describes.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use quell_connect::{At, Call, Kind, OwnSettings, Program, Reading};
use quell_model::action::Blast;
use reqwest::Method;

use super::secrets::Secrets;
use crate::config::{OwnAction, OwnBlast, OwnCall, OwnKind};

/// Longest time that a target has to do what it was asked.
const WITHIN_SECONDS_MAX: u64 = 600;

/// An action as it is described.
pub(super) fn settings(id: &str, described: &OwnAction, secrets: &Secrets) -> Result<OwnSettings> {
    let is_name = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !id.split_once('.').is_some_and(|(group, name)| is_name(group) && is_name(name)) {
        bail!("a name is like own.isolate_in_edr");
    }
    if id.starts_with("case.") {
        bail!("what begins with case. is written into the incident");
    }
    let kind = |(name, kind): (&String, &OwnKind)| {
        let kind = match kind {
            OwnKind::Name => Kind::Name,
            OwnKind::Address => Kind::Address,
            OwnKind::Text => Kind::Text,
        };
        (name.clone(), kind)
    };
    let blast = match described.blast {
        OwnBlast::Item => Blast::Item,
        OwnBlast::Account => Blast::Account,
        OwnBlast::Host => Blast::Host,
        OwnBlast::Service => Blast::Service,
        OwnBlast::Network => Blast::Network,
    };
    let seen = described.seen.clone().unwrap_or_else(|| described.wanted.clone());
    let look =
        described.look.as_ref().map(|look| anyhow::Ok((reading(look, secrets)?, seen))).transpose().context("look")?;
    Ok(OwnSettings {
        id: id.to_owned(),
        title: described.title.clone(),
        needs: described.needs.iter().map(kind).collect(),
        blast,
        d3fend: described.d3fend.clone(),
        react: described.react.clone(),
        rights: described.rights.clone(),
        read: reading(&described.read, secrets).context("read")?,
        wanted: described.wanted.clone(),
        set: call(&described.set, &Method::PUT, secrets).context("set")?,
        back: described.back.as_ref().map(|back| call(back, &Method::PUT, secrets)).transpose().context("back")?,
        look,
        within: Duration::from_secs(described.within_seconds.min(WITHIN_SECONDS_MAX)),
    })
}

fn reading(read: &OwnCall, secrets: &Secrets) -> Result<Reading> {
    let at = match (&read.pointer, &read.pattern) {
        (Some(pointer), None) if pointer.is_empty() || pointer.starts_with('/') => At::Pointer(pointer.clone()),
        (Some(_), None) => bail!("a pointer begins with /"),
        (None, Some(pattern)) => At::pattern(pattern).map_err(anyhow::Error::msg).context("pattern")?,
        (None, None) => At::Whole,
        (Some(_), Some(_)) => bail!("it has either a pointer or a pattern"),
    };
    Ok(Reading { call: call(read, &Method::GET, secrets)?, at })
}

fn call(call: &OwnCall, usual: &Method, secrets: &Secrets) -> Result<Call> {
    match (&call.url, call.program.as_slice()) {
        (Some(url), []) => {
            let method = call.method.as_ref().map(|method| Method::from_bytes(method.as_bytes())).transpose();
            let mut headers = call.headers.clone();
            for (name, reference) in &call.secret_headers {
                headers
                    .insert(name.clone(), secrets.read(reference).with_context(|| format!("secret_headers.{name}"))?);
            }
            let method = method.context("method")?.unwrap_or_else(|| usual.clone());
            Ok(Call::Http { method, url: url.clone(), headers, json: call.json.clone() })
        }
        (None, words) if !words.is_empty() => Ok(Call::Program(Program::new(call.from.clone()), words.to_vec())),
        _ => bail!("it has either a url or a program"),
    }
}
