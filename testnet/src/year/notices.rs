//! Papers and publications: invented files by their hashes, metadata, printed figures.

use minglian_contracts::disclosure::figure::{
    Figure, FigureMeasure, FigureSubject, FigureUnit, FundOfHolder,
};
use minglian_contracts::disclosure::obligation::ObligationName;
use minglian_contracts::disclosure::publication::{
    Attached, AttachmentClass, Metadata, Openness, Publish, Validity,
};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::{AttachmentHash, AttachmentHasher};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::quota::FUND;
use crate::bureau::Bureau;

/// What stands in an invented paper.
pub fn paper_text(title: &str) -> String {
    format!("演示文件，不是真实材料 (demonstration, not a real document): {title}\n")
}

/// The hash of an invented paper.
pub fn paper(title: &str) -> AttachmentHash {
    let mut hasher = AttachmentHasher::default();
    hasher.update(paper_text(title).as_bytes());
    hasher.finish()
}

/// A notice of one of the bodies.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// Who publishes.
    pub by: &'a Bureau,
    /// Its number among the body's notices.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// The day on which it was made and published.
    pub on: Date,
}

impl Notice<'_> {
    /// 索引号.
    pub fn index_number(&self) -> anyhow::Result<Text<64>> {
        Ok(Text::new(format!("演示-{}-{:05}", self.on.year(), self.number))?)
    }

    /// The fourteen core metadata.
    pub fn metadata(&self) -> anyhow::Result<Metadata> {
        Ok(Metadata {
            index_number: self.index_number()?,
            title: Text::new(self.title.as_str())?,
            summary: Text::new(format!("{}。演示数据，不代表任何真实单位。", self.title))?,
            topic: Text::new("民政、扶贫、救灾")?,
            keywords: vec![Text::new("演示")?],
            publisher: Text::new(self.by.name.as_str())?,
            document_number: Text::new("")?,
            produced_on: self.on,
            published_on: self.on,
            validity: Validity::InForce,
            openness: Openness::Proactive,
            time_limit: Text::new("长期公开")?,
            format: Text::new("TXT")?,
            language: Text::new("中文")?,
        })
    }

    /// The title of its file.
    pub fn paper_title(&self) -> String {
        format!("{} {} {}", self.by.name, self.number, self.title)
    }

    /// Its file.
    pub fn attached(&self) -> Vec<Attached> {
        vec![Attached { hash: paper(&self.paper_title()), class: AttachmentClass::Public }]
    }

    /// The publication.
    pub fn publish(
        &self,
        meets: Vec<ObligationName>,
        figures: Vec<Figure>,
    ) -> anyhow::Result<Publish> {
        Ok(Publish { metadata: self.metadata()?, meets, attachments: self.attached(), figures })
    }
}

/// An obligation by its rule and what it is about.
pub fn obligation(rule: &str, subject: &str, period: u32) -> anyhow::Result<ObligationName> {
    Ok(ObligationName { rule: Text::new(rule)?, subject: Text::new(subject)?, period })
}

/// A figure in yuan with two decimals, about what a holder has of the fund.
pub fn yuan(
    label: &str,
    holder: OrganizationCode,
    measure: FigureMeasure,
    year: u16,
    amount: Fen,
) -> anyhow::Result<Figure> {
    Ok(Figure {
        label: Text::new(label)?,
        subject: FigureSubject::Fund(FundOfHolder { holder, fund: Text::new(FUND)? }),
        category: None,
        measure,
        year: Some(year),
        mantissa: i64::try_from(amount.get())?,
        decimals: 2,
        unit: FigureUnit::Yuan,
    })
}
