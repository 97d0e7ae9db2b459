//! Conditions: what is one, and what it means.

use proptest::prelude::*;
use quell_playbook::condition::{Condition, Variable};
use serde_json::Value;

const CONDITIONS: &str = include_str!("data/conditions.json");

fn listed(list: &str) -> Vec<String> {
    let all: Value = serde_json::from_str(CONDITIONS).unwrap();
    let text = |case: &Value| case["condition"].as_str().unwrap().to_owned();
    all[list].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn valid_ones_are_read_and_invalid_ones_are_refused() {
    for text in listed("valid") {
        assert!(Condition::parse(&text).is_ok(), "{text}: {:?}", Condition::parse(&text));
    }
    for text in listed("invalid") {
        let error = Condition::parse(&text).err().unwrap_or_else(|| panic!("{text} is read"));
        assert!(error.at <= text.len(), "{text}: {error}");
    }
    println!("conditions: {} valid, {} invalid", listed("valid").len(), listed("invalid").len());
}

#[test]
fn refusals_say_what_to_write() {
    let check = |text: &str, expected: &str| {
        let error = Condition::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    check("__a__:value = 1 and __b__:value = 2", "write AND in upper case (at byte 16)");
    check("__a__ > 0", "write `__a__:value`");
    check("__a__:value", "a comparison, such as `= 'text'`, is expected here, not the end");
    check("__a__:value = \"x\"", "single quotes");
    check("__a__:value = __b__:value", "variables stand on the left only");
    check("0 < __a__:value", "the variable stands on the left");
    check("NOT (__a__:value = 1)", "NOT stands behind the variable");
    check("[__a__:value = 1]", "without them");
    check("__a__:value = 1 WITHIN 5 SECONDS", "WITHIN belongs to indicators");
    check("__a__:value = 1 && __b__:value = 1", "write AND");
    check("__a__:value = True", "lower case");
    check("__a__:value = 'C:\\x'", "doubled");
    check("__a__:value = t'2026-02-30T00:00:00Z'", "a real moment");
    check("__a__:value ISSUBSET 'inside'", "a network");
    check("__a__:value MATCHES '(?=x)'", "look-around");
    check("__a__:value MATCHES '\\\\w{5000}'", "it is too large");
    check("__a__:value = 1 /* x", "not closed");
    check(&format!("{}__a__:value = 1", "(".repeat(65)), "at most 64 parentheses");
    check(&" ".repeat(4097), "at most 4096 bytes");
}

#[test]
fn variables_are_named_once_and_in_order() {
    let condition = Condition::parse("__b__:value = 1 OR (EXISTS __a__:value AND __b__ : value > 2)").unwrap();
    assert_eq!(condition.variables(), ["__b__", "__a__"]);
}

/// Type, value, what stands behind `__x__:value`, and whether it holds; `error` if it cannot be said.
const TABLE: &str = r"
integer | 70 | >= 70 | true
integer | 69 | >= 70 | false
integer | 9 | < 10 | true
integer | 170141183460469231731687303715884105726 | < 170141183460469231731687303715884105727 | true
integer | 3 | = 3.0 | true
integer | 3 | IN (1, 2, 3) | true
integer | 3 | NOT IN (1, 2, 3) | false
integer | 3 | IN () | false
integer | 3 | NOT = 5 | true
integer | three | > 2 | error
integer | | > 2 | error
integer | 3 | = '3' | error
integer | 3 | LIKE '3' | error
long | -1 | <= -1 | true
float | 0.75 | < 0.5 | false
float | 1e3 | = 1000 | true
float | NaN | = 1 | error
bool | true | = true | true
bool | false | != true | true
bool | yes | = true | error
bool | true | = 'true' | error
string | staff | = 'staff' | true
string | Staff | = 'staff' | false
string | | = '' | true
string | | != '' | false
string | O'Brien | = 'O\'Brien' | true
string | C:\Temp | = 'C:\\Temp' | true
string | b | > 'a' | true
string | 5 | = 5 | error
string | adm-x | LIKE 'adm-%' | true
string | xadm- | LIKE 'adm-%' | false
string | srv1 | LIKE 'srv_' | true
string | srv12 | LIKE 'srv_' | false
string | a.c | LIKE 'a.c' | true
string | abc | LIKE 'a.c' | false
string | a.example.com | NOT LIKE '%.example.com' | false
string | run powershell -enc | MATCHES '^powershell' | false
string | powershell -x -enc | MATCHES '^powershell.*-enc' | true
string | firefox | NOT MATCHES 'chrome' | true
string | 2026-11-30T00:00:00.5Z | > t'2026-11-30T00:00:00Z' | true
string | yesterday | > t'2026-11-30T00:00:00Z' | error
string | 198.51.100.23 | ISSUBSET '198.51.100.0/24' | true
string | nowhere | ISSUBSET '198.51.100.0/24' | error
ipv4-addr | 198.51.100.23 | ISSUBSET '198.51.100.0/24' | true
ipv4-addr | 198.51.100.23 | NOT ISSUBSET '10.0.0.0/8' | true
ipv4-addr | 192.0.2.0/24 | ISSUPERSET '192.0.2.7/32' | true
ipv4-addr | 192.0.2.7 | ISSUPERSET '192.0.2.0/24' | false
ipv4-addr | 192.0.2.7 | ISSUBSET '2001:db8::/32' | false
ipv4-addr | 192.0.2.7 | = '192.0.2.7/32' | true
ipv4-addr | 192.0.2.7 | > '192.0.2.1' | error
ipv4-addr | 192.0.2.7 | = 'x' | error
ipv6-addr | 2001:DB8:0::1 | = '2001:db8::1' | true
mac-addr | 02-00-5E-10-00-01 | = '02:00:5e:10:00:01' | true
mac-addr | 02:00 | = '02:00:5e:10:00:01' | error
md5-hash | D41D8CD98F00B204E9800998ECF8427E | = 'd41d8cd98f00b204e9800998ecf8427e' | true
uuid | 3F0C1F5E-8A53-4A0E-9C64-6F1D1F6F2F10 | = '3f0c1f5e-8a53-4a0e-9c64-6f1d1f6f2f10' | true
hexstring | 0xC0FFEE | = h'c0ffee' | true
hexstring | 0xC0FFEE | = b'wP/u' | true
hexstring | 0xC0FFEE | = '0xc0ffee' | false
uri | https://a.example/ | LIKE 'https:%' | true
dictionary | {} | = 'x' | error
dictionary | {'queue':'identity'} | .queue = 'identity' | true
dictionary | {'urgent':true} | .urgent = true | true
dictionary | {'hours':[4,8]} | .hours[1] = 8 | true
dictionary | {'hours':[4,8]} | .hours[*] > 7 | true
dictionary | {'hours':[4,8]} | .hours[*] NOT > 7 | false
dictionary | {'hours':[4,8]} | .hours = 4 | error
dictionary | {'queue':null} | .queue = 'x' | error
dictionary | queue | .queue = 'x' | error
string | x | .queue = 'x' | error
another | x | = 'x' | true
";

#[test]
fn comparisons_mean_what_the_table_says() {
    let rows = TABLE.lines().filter(|line| !line.is_empty());
    for row in rows {
        let mut cells = row.splitn(4, " |").map(str::trim);
        let [kind, text, behind, expected] = std::array::from_fn(|_| cells.next().unwrap());
        let quotes = if kind == "dictionary" { text.replace('\'', "\"") } else { text.to_owned() };
        let holds = Condition::parse(&format!("__x__:value {behind}"))
            .unwrap()
            .holds(&|_| Some(Variable { kind: kind.to_owned(), text: Some(quotes.clone()) }));
        let found = holds.map_or("error".to_owned(), |holds| holds.to_string());
        assert_eq!(found, expected, "{row}");
    }
}

#[test]
fn what_is_missing_is_never_quietly_false() {
    let variable = |name: &str| match name {
        "__undeclared__" => None,
        "__empty__" => Some(Variable { kind: "string".to_owned(), text: Some(String::new()) }),
        "__fields__" => {
            Some(Variable { kind: "dictionary".to_owned(), text: Some("{\"a\":[1],\"n\":null}".to_owned()) })
        }
        _ => Some(Variable { kind: "integer".to_owned(), text: None }),
    };
    let check = |text: &str, expected: Option<bool>| {
        let found = Condition::parse(text).unwrap().holds(&variable);
        assert_eq!(found.clone().ok(), expected, "{text}: {found:?}");
    };
    check("EXISTS __null__:value", Some(false));
    check("NOT EXISTS __null__:value", Some(true));
    check("EXISTS __undeclared__:value", Some(false));
    check("EXISTS __empty__:value", Some(true));
    check("EXISTS __fields__:value.a", Some(true));
    check("EXISTS __fields__:value.n", Some(false));
    check("EXISTS __fields__:value.b", Some(false));
    check("__null__:value = 1", None);
    check("__null__:value != 1", None);
    check("__undeclared__:value = 1", None);
    check("EXISTS __null__:value AND __null__:value = 1", Some(false));
    check("__empty__:value = '' OR __null__:value = 1", Some(true));
    check("__empty__:value = 'x' OR __null__:value = 1", None);
    check("__empty__:value = '' OR __empty__:value = 'x' AND __empty__:value = 'y'", Some(true));
    check("(__empty__:value = '' OR __empty__:value = 'x') AND __empty__:value = 'y'", Some(false));
}

#[test]
fn comparisons_that_cannot_fit_are_seen_before_a_run() {
    let kind_of = |name: &str| match name {
        "__n__" => Some("integer"),
        "__b__" => Some("bool"),
        "__s__" => Some("string"),
        "__a__" => Some("ipv4-addr"),
        "__d__" => Some("dictionary"),
        _ => None,
    };
    let check = |text: &str, expected: usize| {
        let found = Condition::parse(text).unwrap().mismatches(&kind_of);
        assert_eq!(found.len(), expected, "{text}: {found:?}");
    };
    check("__n__:value > 5 AND __b__:value = true AND __s__:value > 'a' AND __a__:value ISSUBSET '10.0.0.0/8'", 0);
    check("__n__:value > 'none' OR __b__:value = 1 OR __s__:value = 5 OR __a__:value > '10.0.0.1'", 4);
    check("__d__:value = 'x' OR __d__:value.x = 'x' OR __s__:value.x = 'x' OR __undeclared__:value = 1", 2);
    check("__n__:value MATCHES '5' OR __n__:value ISSUBSET '10.0.0.0/8'", 2);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        if let Err(error) = Condition::parse(&text) {
            prop_assert!(error.at <= text.len());
        }
    }

    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec(word(), 0..12), value in any::<String>()) {
        let text = words.concat();
        if let Ok(condition) = Condition::parse(&text) {
            for kind in ["string", "integer", "ipv4-addr", "dictionary", "mac-addr", "hexstring"] {
                let variable = Variable { kind: kind.to_owned(), text: Some(value.clone()) };
                let _ = condition.holds(&|_| Some(variable.clone()));
                let _ = condition.mismatches(&|_| Some(kind));
            }
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("__a__:value ".to_owned()),
        4 => prop::sample::select(vec!["= ", "NOT ", "> ", "IN (", "LIKE ", "MATCHES ", "ISSUBSET ", "EXISTS "]).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["AND ", "OR ", "(", ")", ",", "[*]", ".x", "/*", "\\", "ä"]).prop_map(str::to_owned),
        4 => prop::sample::select(vec!["5 ", "'x' ", "true ", "t'2026-11-30T00:00:00Z' ", "h'00' ", "'10.0.0.0/8' "]).prop_map(str::to_owned),
        1 => "[ -~]{0,4}",
    ]
}
