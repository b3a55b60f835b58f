//! What an act will do, in plain words, before anybody signs it.

use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::words::field::{AMOUNTS, label};
use minglian_contracts::words::{self, Names, Sentence};
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number::{self, PersonalNumber};
use serde::Serialize;
use serde_json::Value;

use super::catalogue;
use super::language::Language;
use super::sheet::schema::titles;

/// An amount that an act names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Its place in the act, such as `order.amount`.
    pub field: String,
    /// In fen.
    pub fen: Fen,
    /// In 元, thousands separated, to the fen.
    pub yuan: String,
    /// In 万元, exact.
    pub ten_thousand_yuan: String,
}

/// Everything that a signer should know of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// `module.act`.
    pub act: String,
    /// Its kind in a few Chinese characters.
    pub kind: &'static str,
    /// What it does, in Chinese.
    pub chinese: String,
    /// What it does, in English.
    pub english: String,
    /// Who signs, in order, in Chinese.
    pub signers_chinese: Vec<String>,
    /// Who signs, in order, in English.
    pub signers_english: Vec<String>,
    /// Its amounts.
    pub amounts: Vec<Amount>,
    /// Every other field that is filled in, with its place and text.
    pub fields: Vec<(String, String)>,
}

/// The preview of an act.
pub fn of(call: &Call, names: &dyn Names) -> Preview {
    let Sentence { zh, en } = words::call(call, names);
    let signers = catalogue::signers(call, names);
    let mut leaves = Vec::new();
    if let Ok(value) = serde_json::to_value(call) {
        collect(&value, &mut Vec::new(), &mut leaves);
    }
    let (mut amounts, mut fields) = (Vec::new(), Vec::new());
    for (path, text) in leaves {
        match amount(&path, &text) {
            Some(found) => amounts.push(found),
            None => fields.push((path.join("."), named(&text, names))),
        }
    }
    Preview {
        act: catalogue::name_of(call),
        kind: words::kind(call),
        chinese: zh,
        english: en,
        signers_chinese: signers.iter().map(|step| step.zh.clone()).collect(),
        signers_english: signers.into_iter().map(|step| step.en).collect(),
        amounts,
        fields,
    }
}

/// A text of an act that looks like a number of a natural person. It is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{}”中含有疑似{},入账后无法删除,请删去 / the field {field} holds {number}: leave it out, \
     nothing can take it off the ledger",
    path_in_chinese(.field), .number.chinese()
)]
pub struct PersonalText {
    /// The place of the field in the act.
    pub field: String,
    /// What it looks like.
    pub number: PersonalNumber,
}

/// Looks for numbers of natural persons, as every node does with what is sent to it.
///
/// # Errors
/// The first [`PersonalText`].
pub fn check(call: &Call) -> Result<(), PersonalText> {
    let texts = contents::of(call).texts;
    let found = texts.iter().find_map(|text| Some((*text, personal_number::suspect(text)?)));
    let Some((found, number)) = found else { return Ok(()) };
    let mut leaves = Vec::new();
    if let Ok(value) = serde_json::to_value(call) {
        collect(&value, &mut Vec::new(), &mut leaves);
    }
    let place = leaves.into_iter().find(|(_, text)| text == found);
    let field = place.map_or_else(String::new, |(path, _)| path.join("."));
    Err(PersonalText { field, number })
}

fn amount(path: &[String], text: &str) -> Option<Amount> {
    let field = path.last()?;
    if !AMOUNTS.contains(&field.as_str()) {
        return None;
    }
    let fen = Fen::parse_published(text, Unit::Fen).ok()?;
    let (yuan, ten_thousand_yuan) = (words::yuan(fen.get()), fen.display_in(Unit::TenThousandYuan));
    Some(Amount { field: path.join("."), fen, yuan, ten_thousand_yuan })
}

fn named(text: &str, names: &dyn Names) -> String {
    let Ok(code) = OrganizationCode::parse(text) else { return text.to_owned() };
    let name = names.organization(&code);
    if name == text { name } else { format!("{name} ({text})") }
}

/// The filled-in leaves of a value; the two outer names say which act it is and are left out.
fn collect(value: &Value, path: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, String)>) {
    let mut leaf = |text: String| {
        leaves.push((path.get(2..).unwrap_or_default().to_vec(), text));
    };
    match value {
        Value::Null => {}
        Value::Bool(is_true) => leaf(is_true.to_string()),
        Value::Number(number) => leaf(number.to_string()),
        Value::String(text) => leaf(text.clone()),
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                path.push((place + 1).to_string());
                collect(value, path, leaves);
                path.pop();
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                path.push(name.clone());
                collect(value, path, leaves);
                path.pop();
            }
        }
    }
}

/// A path with the Chinese names of its fields: `付款.金额`.
fn path_in_chinese(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').map(|part| label(part).unwrap_or(part)).collect();
    parts.join(".")
}

/// A word among which an act chooses, in Chinese with the word behind it; any other text as it is.
fn word(text: &str) -> String {
    let chinese = titles::word(text).and_then(|words| words.split('/').next());
    chinese.map_or_else(|| text.to_owned(), |chinese| format!("{chinese}({text})"))
}

impl Preview {
    /// A path in Chinese. A code is a receipt's in acts of charities, else an organisation's; a
    /// period is an obligation's in acts of disclosure, else a month.
    fn place_in_chinese(&self, path: &str) -> String {
        match (path, self.act.split('.').next()) {
            ("code", Some("charity")) => "票据码摘要".to_owned(),
            ("code", _) => "统一社会信用代码".to_owned(),
            (path, Some("disclosure")) => path_in_chinese(path).replace("月份", "期次"),
            _ => path_in_chinese(path),
        }
    }

    /// The preview as people read it.
    pub fn to_text(&self, language: Language) -> String {
        let zh = language == Language::Zh;
        let place = |path: &str| if zh { path_in_chinese(path) } else { path.to_owned() };
        let (said, signers) = match language {
            Language::Zh => (&self.chinese, &self.signers_chinese),
            Language::En => (&self.english, &self.signers_english),
        };
        let mut lines = vec![
            match language {
                Language::Zh => format!("业务: {} ({})", self.kind, self.act),
                Language::En => format!("act: {}", self.act),
            },
            format!("{}: {said}", language.say("内容", "what it does")),
            format!("{}: {}", language.say("签署", "signed by"), signers.join(" → ")),
        ];
        for Amount { field, yuan, ten_thousand_yuan, .. } in &self.amounts {
            lines.push(match language {
                Language::Zh => format!("{}: {yuan}元 = {ten_thousand_yuan}万元", place(field)),
                Language::En => format!("{field}: CNY {yuan} = {ten_thousand_yuan} × 10,000"),
            });
        }
        let fields = self.fields.iter().filter(|(path, _)| !path.is_empty());
        lines.extend(fields.map(|(path, text)| match language {
            Language::Zh => format!("  {}: {}", self.place_in_chinese(path), word(text)),
            Language::En => format!("  {path}: {text}"),
        }));
        lines.join("\n")
    }
}
