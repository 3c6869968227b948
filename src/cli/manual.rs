//! `snarkfee man`: the manual pages, one for the program and one for each command.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::{
    args::{ManArgs, SEARCHED},
    command,
    examples::{Example, list_examples},
    exit::Failure,
};

/// Commands that read a configuration file.
const CONFIGURED: [&str; 8] =
    ["run", "check", "estimate", "explain", "history", "pause", "resume", "config"];

/// Prints a page, or writes all of them into a folder.
pub(super) fn run(options: &ManArgs) -> Result<(), Failure> {
    let mut program = command();
    program.build();
    if let Some(folder) = &options.folder {
        write_page(folder, &program)?;
        return program
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
            .try_for_each(|command| write_page(folder, command));
    }
    let page = match options.command.as_deref() {
        None => &program,
        Some(name) => program
            .find_subcommand(name)
            .ok_or_else(|| Failure::usage(UnknownCommand(name.to_owned())))?,
    };
    Ok(render_page(page, &mut io::stdout().lock())?)
}

/// There is no page of this name.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no command; `snarkfee help` lists them")]
struct UnknownCommand(String);

/// A command's name, for the manual: `snarkfee-run`.
fn page_name(command: &Command) -> String {
    match command.get_name() {
        "snarkfee" => "snarkfee".to_owned(),
        name => format!("snarkfee-{name}"),
    }
}

fn write_page(folder: &Path, command: &Command) -> Result<(), Failure> {
    let path = folder.join(format!("{}.1", page_name(command)));
    let mut text = Vec::new();
    render_page(command, &mut text)?;
    fs::write(&path, text).map_err(|error| {
        Failure::running(anyhow::Error::new(error).context(format!("writing {}", path.display())))
    })
}

fn render_page(command: &Command, out: &mut impl Write) -> io::Result<()> {
    let name = command.get_name().to_owned();
    let whole = name == "snarkfee";
    let titled = command.clone().name(page_name(command)).version(env!("CARGO_PKG_VERSION"));
    let page = Man::new(titled).manual("snarkfee");
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    if whole {
        page.render_subcommands_section(out)?;
    }
    let mut roff = Roff::default();
    describe_exit_status(&mut roff, &name);
    if whole || CONFIGURED.contains(&name.as_str()) {
        describe_files(&mut roff);
        describe_environment(&mut roff);
    }
    let shown = if whole { "init" } else { name.as_str() };
    let more: &[Example] = if whole { list_examples("run") } else { &[] };
    describe_page_examples(&mut roff, list_examples(shown).iter().chain(more));
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(if whole {
        "The page of each command, such as snarkfee-run(1), and the documentation in \
         /usr/share/doc/snarkfee."
    } else {
        "snarkfee(1)"
    })]);
    roff.to_writer(out)
}

fn describe_exit_status(roff: &mut Roff, command: &str) {
    let failed = match command {
        "init" => "No daemon to work with was found, the file exists, or a check failed.",
        "run" => "It could not start, or with --once a daemon could not be observed.",
        "check" => "A check failed.",
        "estimate" | "explain" => "A daemon, or the running service, could not be observed.",
        "pause" | "resume" => {
            "No service and no journal of the service was reached, or no daemon has that name."
        }
        "backtest" | "tune" => "Nothing could be read.",
        _ => "It failed while running; standard error says why.",
    };
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in [
        ("0", "Done."),
        ("1", failed),
        ("2", "The command line is not valid."),
        ("78", "The configuration is not valid."),
    ] {
        push_entry(roff, code, meaning);
    }
}

fn describe_files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    push_entry(
        roff,
        SEARCHED,
        "The settings, unless -c names a file: the first of these that exists.",
    );
    push_entry(
        roff,
        "$STATE_DIRECTORY, $XDG_STATE_HOME/snarkfee or ~/.local/state/snarkfee",
        "The journal and its lock, unless controller.state_dir names a folder.",
    );
}

fn describe_environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    push_entry(
        roff,
        "SNARKFEE__SECTION__KEY",
        "Overrides one setting, such as SNARKFEE__POLICY__FLOOR=\"0.001 MINA\".",
    );
    push_entry(roff, "RUST_LOG", "The level of the log, as --log-level.");
    push_entry(roff, "NO_COLOR", "Colours nothing.");
}

fn describe_page_examples<'a>(roff: &mut Roff, examples: impl Iterator<Item = &'a Example>) {
    roff.control("SH", ["EXAMPLES"]);
    for Example(line, does) in examples {
        push_entry(roff, line, does);
    }
}

fn push_entry(roff: &mut Roff, term: &str, meaning: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(meaning)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_the_sections_of_a_manual() {
        let mut program = command();
        program.build();
        let pages = program.get_subcommands().chain([&program]);
        for page in pages.filter(|page| page.get_name() != "help") {
            let mut text = Vec::new();
            render_page(page, &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES"] {
                let heading = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
                let found = heading.iter().any(|heading| text.contains(heading));
                assert!(found, "{}: {section}\n{text}", page.get_name());
            }
        }
    }
}
