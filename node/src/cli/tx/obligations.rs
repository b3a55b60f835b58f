//! `minglian tx obligations`: what an organisation must make public.

use anyhow::anyhow;
use clap::Args;
use minglian_client::Client;
use minglian_client::read::ObligationRange;
use minglian_contracts::disclosure::obligation::ObligationState;
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;

use super::block_on;
use crate::desk::language::{Language, plain};
use crate::desk::obligations::{self, Wanted};

/// How to read the list, and what to do about it.
pub const HELP: &str = "\
例 Examples:

  minglian tx obligations --url … --holder CODE --state due        还要公开什么 what is to come
  minglian tx obligations --url … --holder CODE --state missing    哪些到期未见 what is overdue
  minglian tx example disclosure.publish > a.json                  公开样例 an act that publishes

An act `disclosure.publish` meets an obligation by naming it under `meets`: rule, subject and period
as they are printed here. 公开时在 meets 中照抄规则、事由和期。";

/// Options of `tx obligations`.
#[derive(Debug, Args)]
pub struct ObligationsArguments {
    /// A node, such as http://127.0.0.1:26800
    #[arg(long)]
    pub url: String,
    /// Whose obligations 公开义务的单位 (统一社会信用代码)
    #[arg(long)]
    pub holder: OrganizationCode,
    /// Only those that stand so: due 未到期, missing 尚未见到, late 期限后公开, on_time
    /// 按期公开, corrected 已更正, waived 无须公开; several with commas between; all when left out
    #[arg(long, value_parser = parse_state, value_delimiter = ',')]
    pub state: Vec<ObligationState>,
    /// Those that are due on this day or before 截止日期; a year ahead when left out
    #[arg(long)]
    pub until: Option<Date>,
    /// The day on which they stand so 以何日为准; the day of the last block when left out
    #[arg(long)]
    pub as_of: Option<Date>,
    /// Print JSON for programs
    #[arg(long)]
    pub json: bool,
    /// 语言 language
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
}

fn parse_state(text: &str) -> Result<ObligationState, String> {
    let chosen = match text {
        "未到期" => Some(ObligationState::Due),
        "尚未见到" => Some(ObligationState::Missing),
        "期限后公开" => Some(ObligationState::Late),
        "按期公开" => Some(ObligationState::OnTime),
        "已更正" => Some(ObligationState::Corrected),
        "无须公开" => Some(ObligationState::Waived),
        _ => {
            let mut states = ObligationState::ALL.into_iter();
            states.find(|state| obligations::state_name(*state) == text)
        }
    };
    chosen.ok_or_else(|| {
        "a state is due 未到期, missing 尚未见到, late 期限后公开, on_time 按期公开, \
         corrected 已更正 or waived 无须公开"
            .to_owned()
    })
}

/// Lists what an organisation must make public.
pub fn run(arguments: ObligationsArguments) -> anyhow::Result<()> {
    let ObligationsArguments { url, holder, state, until, as_of, json, lang } = arguments;
    block_on(async {
        let client = Client::new(&url)?;
        // The node answers nothing for a code that it does not know, as for who owes nothing.
        let known = client.organization(&holder, None).await;
        let known = known.map_err(|error| match error.is_vacant() {
            true => anyhow!(lang.say("没有登记过这个单位", "no organisation has this code")),
            false => error.into(),
        })?;
        let range = ObligationRange { to: until, as_of };
        let wanted = Wanted { states: state, range, page: None };
        let found = obligations::list(&client, &holder, &wanted).await?;
        if json {
            let views: Vec<_> = found.iter().map(|owed| &owed.view).collect();
            println!("{}", serde_json::to_string_pretty(&views)?);
            return Ok(());
        }
        let name = known.organization.organization["name"].as_str().map(plain);
        println!("{} ({holder})", name.unwrap_or_default());
        if found.is_empty() {
            println!("{}", lang.say("没有这样的公开义务", "no such obligation"));
        }
        for owed in &found {
            println!("{}", owed.to_text(lang));
        }
        Ok(())
    })
}
