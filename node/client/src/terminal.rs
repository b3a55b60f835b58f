//! How the programs end on a terminal: an error in one sentence, and no complaint when whoever
//! reads the output has seen enough.

use std::error::Error;
use std::process::exit;

/// What the shell says of a program that a closed pipe ended: 128 and the signal's number.
const CLOSED_PIPE: i32 = 141;

/// An error with its causes, each once: many errors say their cause themselves.
pub fn sentence(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said
}

/// Ends the program without a word when its output goes to a pipe that nobody reads any more, as
/// in `minglian tx calls | head`. Printing panics then; every other panic stays what it was.
pub fn end_on_closed_pipe() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to std") && said.contains("Broken pipe") {
            exit(CLOSED_PIPE);
        }
        usual(panic);
    }));
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[derive(Debug, thiserror::Error)]
    #[error("{path}: {source}")]
    struct Says {
        path: &'static str,
        source: std::io::Error,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("reading the table")]
    struct Silent(#[source] Says);

    #[test]
    fn a_cause_is_said_once() {
        let missing = std::io::Error::other("no such file");
        let error = Silent(Says { path: "a.csv", source: missing });
        assert_eq!(sentence(&error), "reading the table: a.csv: no such file");
    }
}
