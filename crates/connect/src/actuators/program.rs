//! Programs that actuators start: here, in a network namespace, or on another machine over SSH.

use std::process::Stdio;
use std::time::Duration;

use quell_model::action::ActionError;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, Command};

/// Longest run of a program.
const WITHIN: Duration = Duration::from_secs(30);
/// Longest output that is read.
const OUTPUT_BYTES_MAX: u64 = 1 << 20;

/// How programs of a target are started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What stands before each program, as arguments: `ip netns exec edge`, or `ssh -o BatchMode=yes root@edge`.
    prefix: Vec<String>,
    /// The prefix hands what follows to a shell, so each word is quoted.
    through_shell: bool,
}

/// What a program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) success: bool,
    /// As it was printed.
    pub(super) bytes: Vec<u8>,
    /// The same as text, without blanks around it.
    pub(super) out: String,
    pub(super) err: String,
    /// There was more output than is read.
    pub(super) is_cut: bool,
}

impl Program {
    /// Programs that are started with a prefix of arguments; `ssh` among them means a shell at the other end.
    #[must_use]
    pub fn new(prefix: Vec<String>) -> Program {
        let through_shell = prefix.iter().any(|word| word == "ssh" || word.ends_with("/ssh"));
        Program { prefix, through_shell }
    }

    /// Runs a program to its end.
    pub(super) async fn run(&self, arguments: &[&str], input: Option<&str>) -> Result<Ran, ActionError> {
        let words: Vec<String> = match self.through_shell {
            true if arguments.is_empty() => Vec::new(),
            true => vec![arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")],
            false => arguments.iter().map(|word| (*word).to_owned()).collect(),
        };
        let all: Vec<&String> = self.prefix.iter().chain(&words).collect();
        let [program, rest @ ..] = all.as_slice() else {
            return Err(ActionError::Unfit("there is no program to start".to_owned()));
        };
        let unavailable = |error: std::io::Error| ActionError::Unavailable(format!("{program}: {error}"));
        #[expect(clippy::disallowed_methods, reason = "the one place that starts programs")]
        let mut child = Command::new(program.as_str())
            .args(rest)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(unavailable)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let ended = tokio::time::timeout(WITHIN, async {
            let (written, out, err) = tokio::join!(write(stdin, input), read(stdout), read(stderr));
            // Who ends before it read everything says why by itself.
            drop(written);
            Ok((child.wait().await?, out?, err?))
        });
        let late = |_| ActionError::Unavailable(format!("{program} did not end in {} s", WITHIN.as_secs()));
        let (status, out, err) = ended.await.map_err(late)?.map_err(unavailable)?;
        let is_cut = out.len() as u64 >= OUTPUT_BYTES_MAX;
        // SSH answers with 255 if it does not get there; and, too, if nobody reads on.
        if self.through_shell && status.code() == Some(255) && !is_cut {
            return Err(ActionError::Unavailable(String::from_utf8_lossy(&err).trim().to_owned()));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Ok(Ran { success: status.success(), out: text(&out), err: text(&err), is_cut, bytes: out })
    }

    /// Runs a program that has to succeed; what it printed.
    pub(super) async fn must(&self, arguments: &[&str], input: Option<&str>) -> Result<String, ActionError> {
        let ran = self.run(arguments, input).await?;
        match (ran.success, ran.is_cut) {
            (true, false) => Ok(ran.out),
            (true, true) => Err(ActionError::Refused("it printed more than is read; a part would mislead".to_owned())),
            (false, _) => Err(ActionError::Refused(ran.err)),
        }
    }
}

async fn write(pipe: Option<ChildStdin>, input: Option<&str>) -> std::io::Result<()> {
    let (Some(mut pipe), Some(input)) = (pipe, input) else { return Ok(()) };
    pipe.write_all(input.as_bytes()).await
}

/// What a program prints, up to a bound; what comes after it is not read.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// A word that a POSIX shell reads as itself.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_prints_for_ever_is_read_to_a_bound() {
        let ran = Program::new(Vec::new()).run(&["yes"], None).await.expect("yes runs");
        assert_eq!(ran.out.len() as u64, OUTPUT_BYTES_MAX - 1);
    }

    #[tokio::test]
    async fn words_arrive_as_they_are() {
        let hostile = ["$(id)", "a'b", "x\ny", "-rf", "*", "`id`", "\"", "\\", "{{x}}", "; reboot", "", "ü"];
        let shell = Program { prefix: vec!["sh".to_owned(), "-c".to_owned()], through_shell: true };
        for program in [Program::new(Vec::new()), shell] {
            for word in hostile {
                let ran = program.run(&["printf", "%s|", word, "end"], None).await.expect("printf runs");
                assert_eq!(ran.out, format!("{word}|end|"), "{word:?}");
            }
        }
    }
}
