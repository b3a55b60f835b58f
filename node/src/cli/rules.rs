//! `minglian rules`: the figures of law that the program carries.

use clap::Args;
use minglian_contracts::rules::{self, File};

/// Which figures to show, and how.
#[derive(Debug, Args)]
pub struct RulesArguments {
    /// Only parameters whose name begins so; may be given several times
    #[arg(long)]
    prefix: Vec<String>,
    /// Print JSON for the `parameters` of a genesis, which thereby names these figures, verified
    /// or not
    #[arg(long, requires = "prefix")]
    genesis: bool,
}

/// Runs the command.
pub fn run(arguments: RulesArguments) -> anyhow::Result<()> {
    let RulesArguments { prefix, genesis } = arguments;
    let prefixes: Vec<&str> = prefix.iter().map(String::as_str).collect();
    if genesis {
        println!("{}", serde_json::to_string_pretty(&rules::named(&prefixes)?)?);
        return Ok(());
    }
    for file in File::ALL {
        for rule in file.rules()? {
            let is_wanted = prefixes.iter().any(|prefix| rule.key.as_str().starts_with(prefix));
            if !prefixes.is_empty() && !is_wanted {
                continue;
            }
            let mark = if rule.verified { "已核实" } else { "未核实" };
            let from = rule.effective_from.map_or("-".to_owned(), |date| date.to_string());
            let to = rule.effective_to.map_or("-".to_owned(), |date| date.to_string());
            println!(
                "{mark}\t{}\t{}\t{}\t{}\t{from}\t{to}\t{}\t{}",
                file.name(),
                rule.key,
                rule.value,
                rule.unit,
                rule.article,
                rule.source,
            );
        }
    }
    Ok(())
}
