//! What a pad does for those who write on it at once, and for what they leave behind.

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn user(name: &str) -> UserId {
    UserId::new(name)
}

fn version(text: &str) -> Version {
    Version { entry: 7, text: text.to_owned() }
}

fn sent(pad: Option<&Got>, client: &str, change: &str) -> Sent {
    let changes = if change.is_empty() { Vec::new() } else { vec![serde_json::from_str(change).unwrap()] };
    let version = pad.map_or(0, |pad| pad.version);
    Sent { pad: pad.map(|pad| pad.pad.clone()), client: client.to_owned(), version, changes }
}

const NOTE: ItemId = ItemId(3);

struct Table {
    pads: Pads,
    now: i64,
}

impl Table {
    fn exchange(&self, by: &str, sent: Sent) -> Result<Got, PadError> {
        let place = Place { incident: IncidentId::new("inc-1"), note: NOTE };
        self.pads.open(&place, &version("one"), at(self.now), format!("pad-{}", self.now))?;
        self.pads.exchange(&place, (&user(by), sent), at(self.now)).map(|got| got.expect("it is open"))
    }
}

#[test]
fn who_was_overtaken_gets_what_came_before_and_nothing_of_theirs_is_taken_up_yet() {
    let table = Table { pads: Pads::default(), now: 0 };
    let ada = table.exchange("ada", sent(None, "a", "")).unwrap();
    assert_eq!((ada.text.as_deref(), ada.on, ada.version), (Some("one"), 7, 0));
    let bob = table.exchange("bob", sent(None, "b", "")).unwrap();
    assert_eq!(bob.others, [user("ada")]);

    let first = table.exchange("ada", sent(Some(&ada), "a", r#"[3, [0, " two"]]"#)).unwrap();
    assert!(first.is_taken && first.text.is_none());
    assert_eq!(first.changes.len(), 1, "their own comes back as taken up");
    let late = table.exchange("bob", sent(Some(&bob), "b", r#"[[0, "zero "], 3]"#)).unwrap();
    assert!(!late.is_taken);
    assert_eq!((late.changes[0].client.as_str(), late.version), ("a", 1));
    let again = table.exchange("bob", sent(Some(&late), "b", r#"[[0, "zero "], 7]"#)).unwrap();
    assert!(again.is_taken);

    let draft = table.pads.draft(NOTE).unwrap();
    assert_eq!(draft.text, "zero one two");
    assert_eq!(draft.writers, BTreeSet::from([user("ada"), user("bob")]));
    table.pads.saved(NOTE, &draft, 9);
    let after = table.exchange("ada", sent(Some(&first), "a", "")).unwrap();
    assert_eq!((after.on, after.changes.len()), (9, 1));
    assert!(table.pads.draft(NOTE).unwrap().writers.is_empty());
}

#[test]
fn what_fits_no_text_changes_nothing() {
    let table = Table { pads: Pads::default(), now: 0 };
    let ada = table.exchange("ada", sent(None, "a", "")).unwrap();
    let unfit = table.exchange("ada", sent(Some(&ada), "a", "[2]"));
    assert_eq!(unfit, Err(PadError::Unfit(change::Unfit)));
    let long = format!(r#"[3, [0, "{}"]]"#, "x".repeat(20_000));
    assert_eq!(table.exchange("ada", sent(Some(&ada), "a", &long)), Err(PadError::TooLong));
    assert_eq!(table.pads.draft(NOTE).unwrap().text, "one");

    let elsewhere = Got { pad: "pad-of-old".to_owned(), ..ada };
    let met = table.exchange("ada", sent(Some(&elsewhere), "a", "[3]")).unwrap();
    assert_eq!((met.text.as_deref(), met.is_taken), (Some("one"), false), "another pad: the whole text");
    let ahead = Got { version: 5, ..met };
    assert!(table.exchange("ada", sent(Some(&ahead), "a", "")).unwrap().text.is_some());
}

#[test]
fn a_text_that_nobody_saved_outlives_who_wrote_it_and_a_saved_one_does_not() {
    let mut table = Table { pads: Pads::default(), now: 0 };
    let ada = table.exchange("ada", sent(None, "a", "")).unwrap();
    table.exchange("ada", sent(Some(&ada), "a", r#"[3, [0, "!"]]"#)).unwrap();
    table.now = 3_600;
    let later = table.exchange("bob", sent(None, "b", "")).unwrap();
    assert_eq!((later.text.as_deref(), later.others.len()), (Some("one!"), 0));

    assert_eq!(table.pads.drop(NOTE, &user("ada"), at(3_601)), Err(PadError::Shared), "bob is there");
    let draft = table.pads.draft(NOTE).unwrap();
    table.pads.saved(NOTE, &draft, 9);
    table.now = 7_200;
    let anew = table.exchange("eve", sent(None, "e", "")).unwrap();
    assert_eq!((anew.pad.as_str(), anew.text.as_deref()), ("pad-7200", Some("one")));
    assert_eq!(table.pads.drop(NOTE, &user("eve"), at(7_201)), Ok(()));
    assert_eq!(table.pads.draft(NOTE), None);
}

#[test]
fn a_pad_is_of_its_incident_only_and_knows_one_kind_of_line_break() {
    let pads = Pads::default();
    let of = |incident: &str| Place { incident: IncidentId::new(incident), note: NOTE };
    pads.open(&of("inc-1"), &version("a\r\nb\rc"), at(0), "pad-1".to_owned()).unwrap();
    assert_eq!(pads.exchange(&of("inc-2"), (&user("eve"), sent(None, "e", "")), at(0)), Ok(None));
    let got = pads.exchange(&of("inc-1"), (&user("ada"), sent(None, "a", "")), at(0)).unwrap().unwrap();
    assert_eq!(got.text.as_deref(), Some("a\nb\nc"));
}

#[test]
fn a_pad_that_was_changed_for_long_is_renewed_when_it_is_saved() {
    let table = Table { pads: Pads::default(), now: 0 };
    let mut got = table.exchange("ada", sent(None, "a", "")).unwrap();
    let (more, less) = (format!(r#"[3, [0, "{}"]]"#, "x".repeat(19_000)), "[3, [19000]]");
    let worn = (0..).find_map(|round| {
        let change = if round % 2 == 0 { more.as_str() } else { less };
        match table.exchange("ada", sent(Some(&got), "a", change)) {
            Ok(next) => {
                got = next;
                None
            }
            Err(error) => Some(error),
        }
    });
    assert_eq!(worn, Some(PadError::Worn));
    let draft = table.pads.draft(NOTE).unwrap();
    table.pads.saved(NOTE, &draft, 9);
    assert!(table.exchange("ada", sent(Some(&got), "a", "")).unwrap().text.is_some(), "another pad");
}
