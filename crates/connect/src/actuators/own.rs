//! Actions that an organisation describes itself: any HTTP interface, and any program, here or over SSH.
//!
//! A description says how a value is read, which value contains, and how values are put. Parameters have kinds and are parsed to
//! them before they are used; in a URL they are percent-encoded, in JSON they stand as texts, and for a program each is a part of
//! one argument. None is ever part of a command line. An action that nothing takes back is not one that contains (invariant 8).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Blast, Plain, With, parameter};
use regex::Regex;
use reqwest::Method;
use serde_json::{Value, json};

use super::Program;
use super::http::bounded;
use super::setting::{Look, Setting, hold};

/// What an organisation describes.
#[derive(Clone)]
pub struct OwnSettings {
    /// Name in playbooks, such as `own.isolate_in_edr`.
    pub id: String,
    /// One line.
    pub title: String,
    /// Parameters, and what each has to be.
    pub needs: BTreeMap<String, Kind>,
    /// What one use can cut off at most.
    pub blast: Blast,
    /// What it is called in MITRE D3FEND.
    pub d3fend: String,
    /// What it is called in RE&CT.
    pub react: Vec<String>,
    /// Rights that it needs on the target.
    pub rights: String,
    /// How the value is read.
    pub read: Reading,
    /// The value that contains.
    pub wanted: Value,
    /// Gives the target that value.
    pub set: Call,
    /// Gives it the value that it had, as `{value}`. Without it, what is done stays done.
    pub back: Option<Call>,
    /// How long it may take until what was put is read.
    pub within: Duration,
    /// Looks from outside: what it reads has to be what is wanted, or not, as the target says.
    pub look: Option<(Reading, Value)>,
}

/// What a parameter has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, digits, and `. _ @ : / \ -`, the last not at the beginning.
    Name,
    /// An address of the Internet.
    Address,
    /// Any text on one line. It is given to HTTP only.
    Text,
}

/// A call, and where the value stands in its answer.
#[derive(Clone)]
pub struct Reading {
    /// The call.
    pub call: Call,
    /// Where in the answer: a JSON pointer, or a pattern with one group for an answer that is text.
    pub at: At,
}

/// Where a value stands.
#[derive(Debug, Clone)]
pub enum At {
    /// The whole answer, as text.
    Whole,
    /// In JSON (RFC 6901).
    Pointer(String),
    /// In text: what the group of a pattern holds. Nothing that fits is the value nothing.
    Pattern(Regex),
}

impl At {
    /// What the group of a pattern holds.
    ///
    /// # Errors
    /// It is no pattern, or has not one group.
    pub fn pattern(pattern: &str) -> Result<At, String> {
        let pattern = Regex::new(pattern).map_err(|error| error.to_string())?;
        if pattern.captures_len() != 2 {
            return Err("it has to have one group".to_owned());
        }
        Ok(At::Pattern(pattern))
    }
}

/// A call of an interface or a program.
#[derive(Clone)]
pub enum Call {
    /// Over HTTP.
    Http {
        /// Its method.
        method: Method,
        /// Its URL, with `{parameter}`.
        url: String,
        /// Its headers; they hold secrets.
        headers: BTreeMap<String, String>,
        /// Its body in JSON, with `{parameter}` and `{value}` in texts.
        json: Option<Value>,
    },
    /// A program and its arguments, with `{parameter}`.
    Program(Program, Vec<String>),
}

/// Adds an action.
///
/// # Errors
/// The description cannot be carried out.
pub fn own_action(settings: OwnSettings, http: reqwest::Client, actions: &mut Actions) -> Result<(), String> {
    let calls = [Some(&settings.read.call), Some(&settings.set), settings.back.as_ref()].into_iter().flatten();
    for call in calls.chain(settings.look.as_ref().map(|(look, _)| &look.call)) {
        // A parameter says what is asked, never who is asked.
        if matches!(call, Call::Http { url, .. } if url.splitn(4, '/').take(3).any(|part| part.contains('{'))) {
            return Err("the host of a URL cannot be a parameter".to_owned());
        }
        let is_program = matches!(call, Call::Program(..));
        call.check()?;
        for name in call.names() {
            match settings.needs.get(name) {
                Some(Kind::Text) if is_program => return Err(format!("{name} is a text: no program is given one")),
                Some(_) => {}
                None if name == "value" => {}
                None => return Err(format!("{{{name}}} is no parameter of it")),
            }
        }
    }
    let kind = if settings.back.is_some() { ActionKind::Contain } else { ActionKind::Eradicate };
    let reads_text = |reading: &Reading, value: &Value| {
        let is_right = matches!(reading.at, At::Pointer(_)) || matches!(value, Value::String(_) | Value::Null);
        is_right.then_some(()).ok_or_else(|| format!("{value} is never read without a pointer: only texts are"))
    };
    reads_text(&settings.read, &settings.wanted)?;
    if let Some((look, seen)) = &settings.look {
        reads_text(look, seen)?;
    }
    // What an action is lasts as long as the process does: descriptions are read once, at its start.
    let spec = ActionSpec {
        id: settings.id.clone().leak(),
        title: settings.title.clone().leak(),
        kind,
        needs: settings.needs.keys().map(|name| &*name.clone().leak()).collect::<Vec<_>>().leak(),
        d3fend: settings.d3fend.clone().leak(),
        react: settings.react.iter().map(|id| &*id.clone().leak()).collect::<Vec<_>>().leak(),
        blast: settings.blast,
        rights: settings.rights.clone().leak(),
    };
    let own = Own { spec, settings, http };
    match kind {
        ActionKind::Contain => hold(own, actions),
        _ => actions.plain(std::sync::Arc::new(own)),
    }
    Ok(())
}

/// Longest value that is read.
const VALUE_BYTES_MAX: usize = 16 << 10;
/// How often a target is asked whether it did what it was asked.
const READ_EVERY: Duration = Duration::from_millis(500);

/// What stands as itself in a part of a path or a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

struct Own {
    spec: ActionSpec,
    settings: OwnSettings,
    http: reqwest::Client,
}

impl Own {
    /// Whether a value that was read becomes a part of an argument.
    fn gives_programs_a_value(&self) -> bool {
        let gives = |call: &Call| matches!(call, Call::Program(..)) && call.names().contains(&"value");
        gives(&self.settings.set) || self.settings.back.as_ref().is_some_and(gives)
    }

    /// Parameters, each as what it has to be.
    fn parsed(&self, with: &With) -> Result<With, ActionError> {
        let parse = |(name, kind): (&String, &Kind)| Ok((name.clone(), kind.parse(parameter(with, name)?)?));
        self.settings.needs.iter().map(parse).collect()
    }

    async fn value(&self, reading: &Reading, with: &With) -> Result<Value, ActionError> {
        let answer = self.answer(&reading.call, with, &Value::Null).await?;
        match &reading.at {
            At::Whole => Ok(json!(answer.trim())),
            At::Pointer(pointer) => {
                let unclear = |error| ActionError::Refused(format!("the answer is no JSON: {error}"));
                let answer: Value = serde_json::from_str(&answer).map_err(unclear)?;
                let missing = || ActionError::Refused(format!("the answer has nothing at {pointer}"));
                answer.pointer(pointer).cloned().ok_or_else(missing)
            }
            At::Pattern(pattern) => {
                let found = pattern.captures(answer.trim());
                Ok(json!(found.and_then(|found| found.get(1)).map(|group| group.as_str())))
            }
        }
    }

    /// Calls, and reads the answer.
    async fn answer(&self, call: &Call, with: &With, value: &Value) -> Result<String, ActionError> {
        match call {
            Call::Http { method, url, headers, json } => {
                let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
                let mut request = self.http.request(method.clone(), filled(url, with, value, encoded)?);
                for (name, text) in headers {
                    request = request.header(name, text);
                }
                if let Some(json) = json {
                    let body = body(json, with, value)?.to_string();
                    if !headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
                        request = request.header("content-type", "application/json");
                    }
                    request = request.body(body);
                }
                // Errors of the library name the URL, which may hold a secret.
                let unavailable = |error: reqwest::Error| ActionError::Unavailable(error.without_url().to_string());
                let answer = request.send().await.map_err(unavailable)?;
                let status = answer.status();
                let text = bounded(answer).await.map_err(ActionError::Unavailable)?;
                match status {
                    _ if status.is_success() => Ok(text),
                    _ if status.is_server_error() || status == 429 => Err(ActionError::Unavailable(status.to_string())),
                    _ => Err(ActionError::Refused(status.to_string())),
                }
            }
            Call::Program(program, words) => {
                let plain = |text: &str| text.to_owned();
                let words = words.iter().map(|word| filled(word, with, value, plain)).collect::<Result<Vec<_>, _>>()?;
                program.must(&words.iter().map(String::as_str).collect::<Vec<_>>(), None).await
            }
        }
    }
}

impl Setting for Own {
    fn spec(&self) -> &ActionSpec {
        &self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let value = self.value(&self.settings.read, &self.parsed(with)?).await?;
        if value.to_string().len() > VALUE_BYTES_MAX {
            return Err(ActionError::Refused(format!("the value is larger than {VALUE_BYTES_MAX} bytes; read less")));
        }
        // What a target says is as little trusted as what a log says; seen before anything is changed, so that it can be given back.
        if self.gives_programs_a_value() && value != self.settings.wanted {
            match &value {
                Value::String(text) => drop(Kind::Name.parse(text)?),
                Value::Array(_) | Value::Object(_) => return Err(unfit(&value.to_string())),
                _ => {}
            }
        }
        Ok(json!({ "value": value }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "value": self.settings.wanted })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        if self.read(with).await? == *to {
            return Ok(());
        }
        let call = match &self.settings.back {
            Some(back) if to["value"] != self.settings.wanted => back,
            _ => &self.settings.set,
        };
        self.answer(call, &self.parsed(with)?, &to["value"]).await?;
        // Many interfaces take a wish down and carry it out later.
        let until = tokio::time::Instant::now() + self.settings.within;
        while self.read(with).await? != *to && tokio::time::Instant::now() < until {
            tokio::time::sleep(READ_EVERY).await;
        }
        Ok(())
    }

    async fn look(&self, with: &With, expected: &Value) -> Result<Look, ActionError> {
        let Some((look, contained)) = &self.settings.look else { return Ok(Look::None) };
        let seen = self.value(look, &self.parsed(with)?).await?;
        let fits = (seen == *contained) == (expected["value"] == self.settings.wanted);
        let said = format!("from outside: {seen}");
        Ok(if fits { Look::Fits(said) } else { Look::Contradicts(said) })
    }
}

impl Plain for Own {
    fn spec(&self) -> &ActionSpec {
        &self.spec
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { Setting::check(self, &with).await })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move { self.read(&with).await })
    }

    fn is_done(&self, with: &With, captured: &Value) -> Acted<'_, Option<Value>> {
        let (with, wanted) = (with.clone(), self.wanted(with, captured));
        Box::pin(async move { Ok(Some(self.read(&with).await?).filter(|now| *now == wanted)) })
    }

    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value> {
        let (with, wanted) = (with.clone(), self.wanted(with, captured));
        Box::pin(async move {
            self.put(&with, &wanted).await?;
            let now = self.read(&with).await?;
            let refused = || ActionError::Refused(format!("it is {now} after all"));
            Some(now.clone()).filter(|now| *now == wanted).ok_or_else(refused)
        })
    }
}

impl Kind {
    fn parse(self, text: &str) -> Result<String, ActionError> {
        let text = text.trim();
        let is_plain = |c: char| c.is_alphanumeric() || "._@:/\\-".contains(c);
        let fits = match self {
            Kind::Address => return text.parse::<IpAddr>().map(|it| it.to_string()).map_err(|_| unfit(text)),
            Kind::Name => text.len() <= 256 && !text.starts_with('-') && text.chars().all(is_plain),
            Kind::Text => text.len() <= 2_000 && !text.chars().any(char::is_control),
        };
        // What climbs in a path is no name.
        let fits = fits && !text.split(['/', '\\']).any(|part| matches!(part, "." | ".."));
        fits.then(|| text.to_owned()).ok_or_else(|| unfit(text))
    }
}

fn unfit(text: &str) -> ActionError {
    ActionError::Unfit(format!("{text:?} is not what the action asks for"))
}

impl Call {
    /// Whether it can be made, whatever it is given.
    fn check(&self) -> Result<(), String> {
        let filled = |form: &str| {
            let any = names(form).into_iter().map(|name| (name.to_owned(), "x".to_owned())).collect();
            filled(form, &any, &Value::from("x"), str::to_owned).map_err(|error| error.to_string())
        };
        match self {
            Call::Http { url, headers, json, .. } => {
                let url = filled(url)?;
                reqwest::Url::parse(&url).map_err(|error| format!("{url}: {error}"))?;
                for (name, text) in headers {
                    let name_fits = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok();
                    if !name_fits || reqwest::header::HeaderValue::from_str(text).is_err() {
                        return Err(format!("the header {name} cannot be sent"));
                    }
                }
                let mut all = Vec::new();
                json.iter().for_each(|json| forms(json, &mut all));
                all.into_iter().try_for_each(|form| filled(form).map(drop))
            }
            Call::Program(_, words) if words.first().is_some_and(|program| program.contains('{')) => {
                Err("the program itself cannot be a parameter".to_owned())
            }
            Call::Program(_, words) => words.iter().try_for_each(|word| filled(word).map(drop)),
        }
    }

    /// Names that stand in it in braces.
    fn names(&self) -> Vec<&str> {
        match self {
            Call::Http { url, json, .. } => {
                let mut all = vec![url.as_str()];
                json.iter().for_each(|json| forms(json, &mut all));
                all.into_iter().flat_map(names).collect()
            }
            Call::Program(_, words) => words.iter().flat_map(|word| names(word)).collect(),
        }
    }
}

/// Texts of a body.
fn forms<'j>(json: &'j Value, all: &mut Vec<&'j str>) {
    match json {
        Value::String(text) => all.push(text),
        Value::Array(items) => items.iter().for_each(|item| forms(item, all)),
        Value::Object(fields) => fields.values().for_each(|field| forms(field, all)),
        _ => {}
    }
}

/// Names in braces.
fn names(form: &str) -> Vec<&str> {
    form.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// A form with its names replaced, once: what is put in is not read again.
fn filled(form: &str, with: &With, value: &Value, encode: impl Fn(&str) -> String) -> Result<String, ActionError> {
    let mut pieces = form.split('{');
    let mut all = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let unclear = || ActionError::Unfit(format!("{form:?} has a brace that is not closed"));
        let (name, rest) = piece.split_once('}').ok_or_else(unclear)?;
        let text = match (name, value) {
            ("value", Value::String(text)) => text.clone(),
            ("value", value) => value.to_string(),
            _ => parameter(with, name)?.to_owned(),
        };
        all.push_str(&encode(&text));
        all.push_str(rest);
    }
    Ok(all)
}

/// A body with its names replaced. A text that is `{value}` alone becomes the value itself.
fn body(form: &Value, with: &With, value: &Value) -> Result<Value, ActionError> {
    let part = |part: &Value| body(part, with, value);
    Ok(match form {
        Value::String(text) if text == "{value}" => value.clone(),
        Value::String(text) => Value::String(filled(text, with, value, str::to_owned)?),
        Value::Array(items) => Value::Array(items.iter().map(part).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let field = |(name, field): (&String, &Value)| Ok((name.clone(), part(field)?));
            Value::Object(fields.iter().map(field).collect::<Result<_, ActionError>>()?)
        }
        other => other.clone(),
    })
}
