//! What stands around every page: banners above, the verified head below.

use minglian_ledger::date::{Date, beijing_date};
use minglian_ledger::height::TimeMs;

use super::banner::{Banner, banner};
use super::{App, Asked, PageError, assets, machine, pin};
use crate::charts::qr;
use crate::database::Connection;
use crate::index::read::{self, Head};
use crate::language::Language;
use crate::money::Money;
use crate::pages::beijing;
use crate::reading::Reading;
use crate::status::Standing;
use crate::words::passage::{self, Part};

/// What stands around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Whether the network is a demonstration.
    pub demonstration: bool,
    /// The network's name.
    pub network: String,
    /// The chain.
    pub chain_id: String,
    /// The genesis file's name.
    pub genesis_hash: String,
    /// Where readers find the evidence themselves, if a node is known.
    pub node: Option<String>,
    /// Where the verifier's script is, for the pages that load it.
    pub script: String,
    /// The height that the page is of.
    pub height: i64,
    /// The indexed height.
    pub newest: i64,
    /// The height of the farthest source whose blocks are ours.
    pub ledger: u64,
    /// Time and height of the newest checkpoint that was verified.
    pub checkpoint: Option<String>,
    /// The last height that this process has verified.
    pub verified: u64,
    /// The head's time in Beijing.
    pub time: String,
    /// The head's day in Beijing.
    pub today: Date,
    /// Leaves in the log.
    pub log_size: i64,
    /// The first digits of the log's root.
    pub log_root: String,
    /// What the follower says, if all is not well.
    pub banner: Option<Banner>,
    /// The language of the page.
    pub language: Language,
    /// The same page in the other language.
    pub other: String,
    /// The same page at this height for ever; none if there is none.
    pub permalink: Option<String>,
    /// In which look it is.
    pub reading: Reading,
    /// This page with its site, for paper: at this height, if that can be.
    pub paper: Option<String>,
    /// This page, with its language.
    pub here: String,
    /// What is said of a page that is pinned to an earlier height.
    pub pin: Option<Pin>,
}

/// A page of an earlier height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Where the newest of it is.
    pub newest: String,
    /// Whether names and what else changes are of that height too.
    pub is_whole: bool,
}

impl Frame {
    /// Whether this process has verified the block at `height`.
    pub fn has_verified(&self, height: i64) -> bool {
        u64::try_from(height).is_ok_and(|height| height <= self.verified)
    }

    /// The frame of a page that is read from `connection`.
    ///
    /// # Errors
    /// [`PageError::Index`].
    pub fn read(app: &App, connection: &Connection, asked: Asked) -> Result<Self, PageError> {
        let head = read::head(connection)?;
        let query = "SELECT max(height) FROM main.blocks";
        let newest: Option<i64> =
            connection.prepare_cached(query)?.query_row([], |row| row.get(0))?;
        Ok(Self::with_head(app, &head, newest.unwrap_or(0), asked))
    }

    /// The frame of an error page, made without the index.
    pub fn without_index(app: &App, asked: Asked) -> Self {
        Self::with_head(app, &Head::default(), 0, asked)
    }

    /// The frame of a page of an earlier height, whose changing rows are of that height too or not.
    pub(super) fn pinned(mut self, is_whole: bool) -> Self {
        if let Some(pin) = &mut self.pin {
            pin.is_whole = is_whole;
        }
        self
    }

    /// The height to which the page is pinned.
    pub fn pinned_at(&self) -> Option<i64> {
        self.pin.is_some().then_some(self.height)
    }

    /// The page's address as a QR code.
    pub fn code(&self) -> String {
        let code = self.paper.as_deref().and_then(|address| {
            qr::svg(address, self.pick("本页网址", "The address of this page"))
        });
        code.unwrap_or_default()
    }

    /// The word in the page's language.
    pub fn say<'a>(&self, chinese: &'a str) -> &'a str {
        self.language.say(chinese)
    }

    /// The one of two texts that is in the page's language.
    pub fn pick<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.pick(chinese, english)
    }

    /// A text of the ledger's programs in the page's language, in parts.
    pub fn passage(&self, text: &str) -> Vec<Part> {
        match self.language {
            Language::Chinese => vec![Part::said(text)],
            Language::English => passage::passage(text),
        }
    }

    /// What stands before the name of a line on an English page, if it is a word of the ledger's.
    pub fn line_gloss(&self, name: &str) -> &'static str {
        passage::line_gloss(name).filter(|_| self.is_english()).unwrap_or_default()
    }

    /// Whether a name is to be marked as Chinese: it stands on an English page.
    pub fn marks(&self, name: &str) -> bool {
        self.is_english() && passage::is_chinese(name)
    }

    /// An officer's role. 支付 is also what a movement is, so a role has a word of its own.
    pub fn role<'a>(&self, chinese: &'a str) -> &'a str {
        match chinese {
            "支付" => self.pick(chinese, "payer"),
            _ => self.say(chinese),
        }
    }

    /// A state that begins with its day.
    pub fn dated(&self, text: &str) -> String {
        match text.split_once(' ') {
            Some((day, rest)) if day.parse::<Date>().is_ok() => {
                format!("{day} {}", self.say(rest))
            }
            _ => self.say(text).to_owned(),
        }
    }

    /// Whether the page is English.
    pub fn is_english(&self) -> bool {
        self.language == Language::English
    }

    /// An amount with its currency.
    pub fn yuan(&self, amount: &Money) -> String {
        match self.language {
            Language::Chinese => format!("{} 元", amount.yuan()),
            Language::English => format!("CNY {}", amount.yuan()),
        }
    }

    fn with_head(app: &App, head: &Head, newest: i64, asked: Asked) -> Self {
        let following = app.0.status.get();
        let Asked { language, reading, address, at, host, client: _ } = asked;
        let code = language.code();
        let permalink = pin::is_pinnable(&address)
            .then(|| format!("/{code}{}", pin::pinned(&address, head.height)));
        let here = format!("/{code}{address}");
        let time_ms = TimeMs(u64::try_from(head.time_ms).unwrap_or(0));
        let site = app.0.public_url.get().cloned().or_else(|| Some(format!("http://{}", host?)));
        let other = match language {
            Language::Chinese => Language::English,
            Language::English => Language::Chinese,
        };
        Self {
            demonstration: app.0.demonstration,
            network: app.0.network.clone(),
            chain_id: app.0.chain_id.clone(),
            genesis_hash: app.0.genesis_hash.clone(),
            node: app.0.node.clone(),
            script: assets::script_path(),
            height: head.height,
            newest,
            ledger: ledger(app),
            checkpoint: app
                .0
                .seen
                .get()
                .map(|it| format!("{} ({})", beijing(it.time_ms), it.height)),
            verified: following.verified().0,
            time: beijing(head.time_ms),
            today: beijing_date(time_ms).unwrap_or(Date::MIN),
            log_size: head.log_size,
            log_root: head.log_root.chars().take(16).collect(),
            banner: banner(app, newest, language),
            language,
            other: format!("/{}{address}", other.code()),
            permalink: permalink.clone(),
            pin: at.map(|_| Pin {
                newest: format!("/{code}{}", pin::unpinned(&address)),
                is_whole: true,
            }),
            reading,
            paper: site.map(|site| format!("{site}{}", permalink.as_deref().unwrap_or(&here))),
            here,
        }
    }
}

/// How far the ledger is, as far as sources say whose blocks are ours.
fn ledger(app: &App) -> u64 {
    let sources = app.0.status.sources();
    let told = sources.iter().filter(|it| it.standing == Standing::Agrees);
    let told = told.filter_map(|it| it.height).max().unwrap_or_default();
    told.max(app.0.status.get().verified()).0
}

/// Puts the language before every address of this site on a page, so that templates need not.
/// Text of others cannot look like an address: its quotes are escaped. What programs ask has no
/// language.
pub(super) fn in_language(html: String, language: Language) -> String {
    if language == Language::Chinese {
        return html;
    }
    let code = language.code();
    let mut prefixed = html;
    for attribute in ["href", "action"] {
        prefixed = prefixed
            .replace(&format!("{attribute}=\"/"), &format!("{attribute}=\"/{code}/"))
            .replace(&format!("{attribute}=\"/{code}/zh/"), &format!("{attribute}=\"/zh/"))
            .replace(&format!("{attribute}=\"/{code}/{code}/"), &format!("{attribute}=\"/{code}/"));
        for machine in machine::PREFIXES.into_iter().chain(["/health"]) {
            let (wrong, right) =
                (format!("{attribute}=\"/{code}{machine}"), format!("{attribute}=\"{machine}"));
            prefixed = prefixed.replace(&wrong, &right);
        }
    }
    prefixed
}
