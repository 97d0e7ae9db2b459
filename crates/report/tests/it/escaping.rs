//! What one piece of hostile text becomes.

use quell_report::{Indicators, clean, defang, shorten};

#[test]
fn clean_shows_what_would_act() {
    let check = |text: &str, expected: &str| assert_eq!(clean(text), expected);
    check("C:\\users\\new.exe --flag", "C:\\users\\new.exe --flag");
    check("\x1b[31mred\x07", "\\u{1b}[31mred\\u{7}");
    check("a\r\nb\tc", "a\\u{d}\\u{a}b\\u{9}c");
    check("\u{9b}2J", "\\u{9b}2J");
    check("gpj.\u{202e}exe", "gpj.\\u{202e}exe");
    check("pay\u{200b}pal\u{feff}", "pay\\u{200b}pal\\u{feff}");
    check("\u{2028}\u{e0041}", "\\u{2028}\\u{e0041}");
    check("Überprüfung 検査 é", "Überprüfung 検査 é");
    check("e\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}\\u{301}\\u{301}");
}

#[test]
fn clean_of_clean_text_is_the_same() {
    for text in ["\x1b]8;;http://x\x07", "\u{202e}\u{2066}", "plain"] {
        assert_eq!(clean(&clean(text)), clean(text));
    }
}

#[test]
fn shorten_keeps_start_and_end() {
    let check = |text: &str, columns: usize, expected: &str| assert_eq!(shorten(text, columns), expected);
    check("short", 5, "short");
    check("C:\\Windows\\System32\\cmd.exe", 15, "C:\\Wind…cmd.exe");
    check("abcdef", 1, "…");
    check("abcdef", 0, "…");
    check("検査検査検査", 7, "検…査");
    check("\x1b\x1b\x1b\x1b", 9, "\\u{1…{1b}");
}

#[test]
fn defang_table() {
    let known = Indicators::new(["203.0.113.66", "2001:DB8::2", "CDN.evil.com.ru", "::ffff:198.51.100.7"]);
    let check = |text: &str, expected: &str| {
        assert_eq!(defang(text, &known), expected);
        assert_eq!(defang(expected, &known), expected, "defanged text must stay as it is");
    };
    check("http://198.51.100.7", "hxxp://198.51.100[.]7");
    check(
        "HTTPS://user.x@evil.zone:8443/a.b?u=http://c.example/",
        "hxxps://user[.]x@evil[.]zone:8443/a.b?u=hxxp://c[.]example/",
    );
    check("ftp://files.example/x", "fxp://files[.]example/x");
    check("from 203.0.113.66:443, then 10.0.0.5:443", "from 203.0.113[.]66:443, then 10.0.0.5:443");
    check("2001:db8::1 and [2001:db8:0::2]:443", "2001:db8::1 and [2001:db8:0:[:]2]:443");
    check("::ffff:198.51.100.7", "::ffff[:]198.51.100[.]7");
    check("looked up cdn.evil.com.ru.", "looked up cdn[.]evil[.]com[.]ru.");
    check("on WS01.corp.example as build.corp.com", "on WS01.corp.example as build.corp.com");
    check("www.anything.zone", "www[.]anything[.]zone");
    check("alice@cdn.evil.com.ru logged on", "alice@cdn.evil.com.ru logged on");
    check("at 10:02:11 with T1003.001, v1.2.3.4 of ASP.NET", "at 10:02:11 with T1003.001, v1.2.3.4 of ASP.NET");
    check("powershell.exe wrote run.ps1", "powershell.exe wrote run.ps1");
    check("::::::::: ... http:// . @", "::::::::: ... hxxp:// . @");
}

/// Neither the length nor the shape of text may make it slow.
#[test]
fn long_text_is_linear() {
    for part in [":", "a:", "http://", "1.", "a.b.", "\u{202e}", "[:]"] {
        let text = part.repeat(200_000);
        assert!(defang(&text, &Indicators::default()).len() >= text.len());
        assert!(clean(&text).len() >= text.len());
    }
}
