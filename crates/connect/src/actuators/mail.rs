//! Mail that was delivered, through Dovecot's `doveadm`, and senders that are no longer accepted, in a map of Postfix.

use std::sync::Arc;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use quell_model::action::{
    Acted, ActionError, ActionKind, ActionSpec, Actions, Artefact, Blast, Collected, Collecting, Plain, With, parameter,
};
use quell_model::handbook::Volatility;
use serde_json::{Value, json};

use super::Program;
use super::dns::domain;
use super::setting::{Look, Setting, hold};

/// Where mail waits until somebody decides.
const QUARANTINE: &str = "Quarantine";

/// How often a sender is tried until the server knows of a change.
const LOOKS_MAX: usize = 12;
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(500);

/// Boxes with mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxSettings {
    /// `doveadm`, with its options. It has to be able to list all accounts (`doveadm user '*'`).
    pub program: Program,
}

/// A server that accepts mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailGateSettings {
    /// What stands before `postmap`.
    pub program: Program,
    /// A map that `check_sender_access` reads, such as `lmdb:/etc/postfix/quell_senders`. It must be there.
    pub map: String,
    /// Where the server listens, and a recipient of ours: a sender is tried up to the recipient after each change.
    pub probe: Option<(String, u16, String)>,
}

/// The actions on boxes.
pub fn mailbox_actions(settings: MailboxSettings, actions: &mut Actions) {
    let boxes = Arc::new(settings);
    hold(QuarantineMail { boxes: Arc::clone(&boxes) }, actions);
    actions.collect(Arc::new(SearchMail { boxes: Arc::clone(&boxes) }));
    actions.plain(Arc::new(PurgeMail { boxes }));
}

/// The actions on senders.
pub fn mail_gate_actions(settings: MailGateSettings, actions: &mut Actions) {
    let gate = Arc::new(settings);
    hold(BlockSender { gate: Arc::clone(&gate), spec: &BLOCK_SENDER }, actions);
    hold(BlockSender { gate, spec: &BLOCK_DOMAIN }, actions);
}

const QUARANTINE_MAIL: ActionSpec = ActionSpec {
    id: "mail.quarantine",
    title: "Move a message out of all boxes into their quarantine",
    kind: ActionKind::Contain,
    needs: &["message_id"],
    d3fend: "D3-ER",
    react: &["RA3203"],
    blast: Blast::Item,
    rights: "doveadm for all accounts",
};
const PURGE_MAIL: ActionSpec = ActionSpec {
    id: "mail.purge",
    title: "Delete a message from all boxes",
    kind: ActionKind::Eradicate,
    needs: &["message_id"],
    d3fend: "D3-ER",
    react: &[],
    blast: Blast::Item,
    rights: "doveadm for all accounts",
};
const SEARCH_MAIL: ActionSpec = ActionSpec {
    id: "mail.search",
    title: "Search all boxes for messages, and seal what is found",
    kind: ActionKind::Read,
    needs: &["query"],
    d3fend: "D3-MA",
    react: &[],
    blast: Blast::Nothing,
    rights: "doveadm for all accounts",
};
const BLOCK_SENDER: ActionSpec = ActionSpec {
    id: "mail.block_sender",
    title: "Accept no more mail from a sender",
    kind: ActionKind::Contain,
    needs: &["sender"],
    d3fend: "D3-SRA",
    react: &["RA3202"],
    blast: Blast::Service,
    rights: "postmap on the map of Quell",
};
const BLOCK_DOMAIN: ActionSpec = ActionSpec {
    id: "mail.block_domain",
    title: "Accept no more mail from a domain",
    kind: ActionKind::Contain,
    needs: &["domain"],
    d3fend: "D3-SRA",
    react: &["RA3201"],
    blast: Blast::Service,
    rights: "postmap on the map of Quell",
};

impl MailboxSettings {
    /// Fields of all messages that a search finds. As JSON: what a mail says of itself cannot pass for another field or line.
    async fn found(&self, fields: &str, search: &[&str]) -> Result<Vec<Value>, ActionError> {
        let words = [&["-f", "json", "fetch", "-A", fields], search].concat();
        let found = self.program.must(&words, None).await?;
        let unclear = |error| ActionError::Refused(format!("doveadm is not understood: {error}"));
        if found.is_empty() { Ok(Vec::new()) } else { serde_json::from_str(&found).map_err(unclear) }
    }

    /// Copies of a message: account, folder and the id that it keeps when it is moved.
    async fn copies(&self, with: &With) -> Result<Vec<Value>, ActionError> {
        let id = message_id(with)?;
        let found = self.found("user mailbox guid hdr.message-id", &["HEADER", "Message-ID", id]).await?;
        // It finds parts of ids, too.
        let is_it = |message: &&Value| text(message, "hdr.message-id").trim() == id;
        let copy = |message: &Value| json!({ "user": message["user"], "mailbox": message["mailbox"], "guid": message["guid"] });
        let mut copies: Vec<Value> = found.iter().filter(is_it).map(copy).collect();
        copies.sort_by_key(|copy| (copy["user"].to_string(), copy["guid"].to_string()));
        Ok(copies)
    }
}

/// An id with its angle brackets: a part of one would hit other messages.
fn message_id(with: &With) -> Result<&str, ActionError> {
    message_id_of(parameter(with, "message_id")?.trim())
}

fn message_id_of(text: &str) -> Result<&str, ActionError> {
    let is_whole = text.starts_with('<') && text.ends_with('>') && text.contains('@') && text.len() <= 998;
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic());
    match is_whole && is_plain {
        true => Ok(text),
        false => Err(ActionError::Unfit(format!("{text:?} is no id of a message like <1@mail.example>"))),
    }
}

fn text<'v>(copy: &'v Value, field: &str) -> &'v str {
    copy[field].as_str().unwrap_or_default()
}

struct QuarantineMail {
    boxes: Arc<MailboxSettings>,
}

impl Setting for QuarantineMail {
    fn spec(&self) -> &ActionSpec {
        &QUARANTINE_MAIL
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        match self.boxes.copies(with).await? {
            copies if copies.is_empty() => Err(ActionError::ByHand("no box has such a message".to_owned())),
            copies => Ok(json!({ "copies": copies })),
        }
    }

    fn wanted(&self, _: &With, was: &Value) -> Value {
        let moved = |copy: &Value| {
            let mut copy = copy.clone();
            copy["mailbox"] = json!(QUARANTINE);
            copy
        };
        json!({ "copies": was["copies"].as_array().into_iter().flatten().map(moved).collect::<Vec<_>>() })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let now = self.boxes.copies(with).await?;
        for copy in to["copies"].as_array().into_iter().flatten() {
            let is_it = |other: &&Value| other["user"] == copy["user"] && other["guid"] == copy["guid"];
            let Some(lies) = now.iter().find(is_it).filter(|lies| lies["mailbox"] != copy["mailbox"]) else { continue };
            let (user, goal, from) = (text(copy, "user"), text(copy, "mailbox"), text(lies, "mailbox"));
            if goal == QUARANTINE {
                // It says so if it is there.
                self.boxes.program.run(&["mailbox", "create", "-u", user, QUARANTINE], None).await?;
            }
            let words = ["move", "-u", user, goal, "mailbox", from, "guid", text(copy, "guid")];
            self.boxes.program.must(&words, None).await?;
        }
        Ok(())
    }
}

struct PurgeMail {
    boxes: Arc<MailboxSettings>,
}

impl Plain for PurgeMail {
    fn spec(&self) -> &ActionSpec {
        &PURGE_MAIL
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move {
            match self.boxes.copies(&with).await?.len() {
                0 => Err(ActionError::ByHand("no box has such a message".to_owned())),
                copies => Ok(format!("{copies} copies would be deleted")),
            }
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move { Ok(json!({ "copies": self.boxes.copies(&with).await? })) })
    }

    fn is_done(&self, with: &With, _: &Value) -> Acted<'_, Option<Value>> {
        let with = with.clone();
        Box::pin(async move {
            let copies = self.boxes.copies(&with).await?;
            Ok(copies.is_empty().then(|| json!({ "copies": [] })))
        })
    }

    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value> {
        let (with, captured) = (with.clone(), captured.clone());
        Box::pin(async move {
            for copy in self.boxes.copies(&with).await? {
                let (user, mailbox, guid) = (text(&copy, "user"), text(&copy, "mailbox"), text(&copy, "guid"));
                let words = ["expunge", "-u", user, "mailbox", mailbox, "guid", guid];
                self.boxes.program.must(&words, None).await?;
            }
            let left = self.is_done(&with, &captured).await?;
            left.ok_or_else(|| ActionError::Refused("copies are still there".to_owned()))
        })
    }
}

struct SearchMail {
    boxes: Arc<MailboxSettings>,
}

/// What a text is looked for in: an id in angle brackets, a sender, a link, or else a subject.
fn query(with: &With) -> Result<Vec<&str>, ActionError> {
    let text = parameter(with, "query")?.trim();
    if text.len() < 4 || text.len() > 998 || text.chars().any(char::is_control) {
        return Err(ActionError::Unfit(format!(
            "{text:?} is nothing to search mail for: 4 to 998 characters on a line"
        )));
    }
    Ok(match text {
        _ if text.starts_with('<') => vec!["HEADER", "Message-ID", message_id_of(text)?],
        _ if text.starts_with("http://") || text.starts_with("https://") => vec!["BODY", text],
        _ if text.contains('@') => vec!["FROM", text],
        _ => vec!["SUBJECT", text],
    })
}

impl Collecting for SearchMail {
    fn spec(&self) -> &ActionSpec {
        &SEARCH_MAIL
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let asked = query(with).map(|words| format!("all boxes would be searched for {}", words.join(" ")));
        Box::pin(async move { asked })
    }

    fn collect(&self, with: &With) -> Acted<'_, Collected> {
        let with = with.clone();
        Box::pin(async move {
            let search = query(&with)?;
            let fields = "user mailbox guid date.received hdr.from hdr.subject hdr.message-id";
            let found = self.boxes.found(fields, &search).await?;
            let mut said = json!({ "count": found.len() });
            let Some(first) = found.first() else { return Ok(Collected { artefacts: Vec::new(), said }) };
            let artefact = |name: &str, description: String, tool: String, bytes: Vec<u8>| Artefact {
                name: name.to_owned(),
                description,
                volatility: Volatility::Disk,
                entity: None,
                tool,
                changes: None,
                bytes,
            };
            let what = format!("{} messages in all boxes for {}", found.len(), search.join(" "));
            let tool = format!("doveadm -f json fetch -A \"{fields}\" {}", search.join(" "));
            let mut list = serde_json::to_vec_pretty(&found).unwrap_or_default();
            list.push(b'\n');
            let mut artefacts = vec![artefact("mail-search.json", what, tool, list)];
            let (user, guid) = (text(first, "user"), text(first, "guid"));
            let words = ["-f", "pager", "fetch", "-u", user, "text", "guid", guid];
            let whole = self.boxes.program.run(&words, None).await?;
            match whole.success && !whole.is_cut {
                true => {
                    let what = format!("the first of them, in the box of {user}");
                    artefacts.push(artefact(
                        "message.eml",
                        what,
                        format!("doveadm {}", words.join(" ")),
                        message(&whole.bytes),
                    ));
                }
                // The list is worth keeping without it.
                false => said["message"] = json!("it is larger than is read; export it by hand"),
            }
            Ok(Collected { artefacts, said })
        })
    }
}

/// A message without the name that doveadm puts before it and what it puts after it.
fn message(printed: &[u8]) -> Vec<u8> {
    let begun = printed.strip_prefix(b"text:\n").or_else(|| printed.strip_prefix(b"text: ")).unwrap_or(printed);
    begun.strip_suffix(b"\x0c\n").unwrap_or(begun).to_vec()
}

struct BlockSender {
    gate: Arc<MailGateSettings>,
    spec: &'static ActionSpec,
}

impl BlockSender {
    /// The key of the map: an address, or a domain.
    fn key(&self, with: &With) -> Result<String, ActionError> {
        if self.spec.id == BLOCK_DOMAIN.id {
            return domain(with);
        }
        let text = parameter(with, "sender")?.trim();
        let parsed = text.parse::<lettre::Address>().ok();
        // What postmap could take for an option, or for two words, is no sender that anybody has to block.
        let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'"') && !text.starts_with(['-', '#']);
        match parsed.filter(|_| is_plain) {
            Some(address) => Ok(address.to_string().to_lowercase()),
            None => Err(ActionError::Unfit(format!("{text:?} is no sender"))),
        }
    }
}

impl Setting for BlockSender {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let ran = self.gate.program.run(&["postmap", "-q", &self.key(with)?, &self.gate.map], None).await?;
        // Postfix says with 1 and without a word that the map has no such key.
        match ran.success || ran.err.is_empty() {
            true => Ok(json!({ "answer": Some(ran.out).filter(|out| !out.is_empty()) })),
            false => Err(ActionError::Refused(ran.err)),
        }
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "answer": "REJECT" })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let (key, gate) = (self.key(with)?, &self.gate);
        match to["answer"].as_str() {
            Some(answer) => {
                let line = format!("{key} {answer}\n");
                gate.program.must(&["postmap", "-i", "-r", &gate.map], Some(&line)).await.map(drop)
            }
            None if self.read(with).await?["answer"].is_null() => Ok(()),
            None => gate.program.must(&["postmap", "-d", &key, &gate.map], None).await.map(drop),
        }
    }

    async fn look(&self, with: &With, expected: &Value) -> Result<Look, ActionError> {
        let Some((server, port, recipient)) = &self.gate.probe else { return Ok(Look::None) };
        let key = self.key(with)?;
        let sender = if self.spec.id == BLOCK_DOMAIN.id { format!("probe@{key}") } else { key };
        // A process that serves connections looks into the map anew only after a moment.
        let mut is_accepted = accepts((server, *port), &sender, recipient).await?;
        for _ in 0..LOOKS_MAX {
            if is_accepted != (expected["answer"] == "REJECT") {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            is_accepted = accepts((server, *port), &sender, recipient).await?;
        }
        let seen = format!("the server {} mail from {sender}", if is_accepted { "accepts" } else { "refuses" });
        let speaks_against = is_accepted && expected["answer"] == "REJECT";
        Ok(if speaks_against { Look::Contradicts(seen) } else { Look::Fits(seen) })
    }
}

/// Whether a server would take a message from a sender; none is sent.
async fn accepts(server: (&str, u16), sender: &str, recipient: &str) -> Result<bool, ActionError> {
    let unavailable = |error: lettre::transport::smtp::Error| ActionError::Unavailable(error.to_string());
    let unfit = |address: &str| ActionError::Unfit(format!("{address:?} is no address"));
    let (from, to) = (sender.parse().map_err(|_| unfit(sender))?, recipient.parse().map_err(|_| unfit(recipient))?);
    let (within, hello) = (Some(std::time::Duration::from_secs(10)), ClientId::Domain("quell.invalid".to_owned()));
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(server, within, &hello, None, None).await.map_err(unavailable)?;
    let mut is_accepted = true;
    for refused in [
        connection.command(Mail::new(Some(from), Vec::new())).await,
        connection.command(Rcpt::new(to, Vec::new())).await,
    ] {
        match refused {
            Ok(answer) => is_accepted &= answer.is_positive(),
            Err(error) if error.is_permanent() => is_accepted = false,
            Err(error) if is_accepted => return Err(unavailable(error)),
            Err(_) => {}
        }
    }
    connection.abort().await;
    Ok(is_accepted)
}
