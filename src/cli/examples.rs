//! Command lines that show each command, for its help and its manual page.

/// A command line and what it does.
pub(super) struct Example(pub(super) &'static str, pub(super) &'static str);

/// The examples of a command; none of one that does not exist.
pub(super) fn list_examples(command: &str) -> &'static [Example] {
    match command {
        "init" => &[
            Example("snarkfee init", "find the daemon on this machine, ask, write ./snarkfee.toml"),
            Example(
                "snarkfee init 10.0.0.7:3085 --yes --per-work 0.0004MINA",
                "without questions, for a daemon elsewhere",
            ),
            Example(
                "snarkfee init --force -o /etc/snarkfee/snarkfee.toml",
                "the settings of the packaged service",
            ),
        ],
        "run" => &[
            Example(
                "snarkfee run --once --dry-run",
                "one decision for each daemon, nothing is sent",
            ),
            Example("snarkfee run", "the service, with its page at http://127.0.0.1:9527/"),
            Example("snarkfee run --live", "carry out what it decides"),
        ],
        "check" => &[
            Example("snarkfee check", "what is wrong, and what to do about it"),
            Example("snarkfee check --json", "the same for a script"),
        ],
        "estimate" => &[
            Example("snarkfee estimate", "the market now, and the fee that would earn most"),
            Example("snarkfee estimate --daemon main --plot market.svg", "the same as a picture"),
        ],
        "explain" => &[
            Example("snarkfee explain", "ask the running service"),
            Example("snarkfee explain -c snarkfee.toml --daemon main", "look at a daemon now"),
        ],
        "demo" => &[
            Example("snarkfee demo", "a tour: free provers go and come, on a simulated daemon"),
            Example(
                "snarkfee demo --scenario scarce --duration 2m",
                "another market, for two minutes",
            ),
        ],
        "simulate" => &[
            Example("snarkfee simulate --list", "the markets of the library"),
            Example(
                "snarkfee simulate --scenario scarce --policies profit,always-on:0.1MINA,off --seeds 1..5",
                "three policies on the same five markets",
            ),
            Example(
                "snarkfee simulate --scenario free-outage --report report.html",
                "also as a page with charts",
            ),
        ],
        "backtest" => &[
            Example("snarkfee backtest --blocks blocks/", "policies on blocks of the network"),
            Example(
                "snarkfee backtest --journal /var/lib/snarkfee -c new.toml",
                "repeat what the service decided, and try other settings on it",
            ),
        ],
        "tune" => &[
            Example(
                "snarkfee tune --scenario scarce",
                "the settings that earn most in a simulated market",
            ),
            Example("snarkfee tune --blocks blocks/ --write policy.toml", "on blocks, into a file"),
        ],
        "daemon-sim" => &[
            Example(
                "snarkfee daemon-sim --scenario scarce --speed 1",
                "a daemon at the usual ports, 3085 and 10000",
            ),
            Example("snarkfee daemon-sim --schema-era mainnet-1.4", "as an older version answers"),
        ],
        "history" => &[
            Example("snarkfee history --since 7d --daemon main", "decisions and what came of them"),
            Example("snarkfee history --summary", "money and works by day"),
        ],
        "pause" => {
            &[Example("snarkfee pause --daemon main --for 2h", "the worker is yours for two hours")]
        }
        "resume" => &[Example("snarkfee resume", "the service controls every worker again")],
        "store" => &[
            Example("snarkfee store status", "the layout, who runs, and who works which daemon"),
            Example("snarkfee store copy --from /var/lib/snarkfee", "take a journal along"),
        ],
        "config" => &[
            Example(
                "snarkfee config --default",
                "every setting, with its default and what it means",
            ),
            Example("snarkfee config --effective", "what is in force, secrets hidden"),
        ],
        "completions" => &[Example(
            "snarkfee completions bash > ~/.local/share/bash-completion/completions/snarkfee",
            "for this user's bash",
        )],
        "man" => &[
            Example("snarkfee man run | man -l -", "read the page of a command"),
            Example("snarkfee man --folder /usr/local/share/man/man1", "install every page"),
        ],
        _ => &[],
    }
}

/// The examples as they end a command's help.
pub(super) fn describe_examples(command: &str) -> String {
    let mut text = String::new();
    for Example(line, does) in list_examples(command) {
        let before = if text.is_empty() { "Examples:\n" } else { "" };
        text.push_str(&format!("{before}  {line}\n      {does}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_examples_that_it_takes() {
        for command in crate::cli::command().get_subcommands() {
            let name = command.get_name();
            let examples = list_examples(name);
            assert!(!examples.is_empty(), "{name}");
            for Example(line, _) in examples {
                let words = line.split(['|', '>']).next().unwrap().split_whitespace();
                let words: Vec<_> = words.collect();
                assert_eq!(words[..2], ["snarkfee", name]);
                let taken = crate::cli::command().try_get_matches_from(&words);
                assert!(taken.is_ok(), "{line}: {}", taken.unwrap_err());
            }
        }
    }
}
