//! Mutual-aid societies: where their money comes from, and what is paid before it is decided.

use crate::charity::ahead::PayAhead;
use crate::charity::contribution::{Contribute, Source};
use crate::charity::donation::DonationReference;
use crate::charity::resolution::ResolutionNumber;
use crate::payment::Reference;

use super::charity::{donated, recipient};
use super::{Names, Sentence, cny, sentence, spoken};

const fn of(source: Source) -> (&'static str, &'static str) {
    match source {
        Source::CountyFinance => ("县财政", "county finance"),
        Source::VillageCollective => ("村集体", "the village collective"),
    }
}

pub(super) fn contributed(act: &Contribute, names: &dyn Names) -> Sentence {
    let ((zh_source, en_source), Sentence { zh, en }) = (of(act.source), donated(&act.gift, names));
    sentence!("{zh},资金来源:{zh_source}", "{en}, money of {en_source}")
}

pub(super) fn paid_ahead(act: &PayAhead, names: &dyn Names) -> Sentence {
    let PayAhead { fund, purpose, reference, .. } = act;
    let Sentence { zh: to, en: en_to } = recipient(&act.recipient, names);
    let (amount, en) = (spoken(act.amount), cny(act.amount));
    let gift = act.from.as_ref().map_or_else(String::new, |gift| format!("的捐赠“{gift}”"));
    sentence!(
        "先行从基金“{fund}”{gift}支出{amount}给{to},用于“{purpose}”,决议后补(凭证“{reference}”)",
        "pays {en} out of fund {fund} to {en_to} for {purpose}, to be decided on after \
         (voucher {reference})"
    )
}

pub(super) fn came_in(donation: &DonationReference, source: Source) -> Sentence {
    let (zh, en) = of(source);
    sentence!("“{donation}”的资金来源:{zh}", "{donation} is money of {en}")
}

pub(super) fn decided(
    payment: &Reference,
    resolution: &ResolutionNumber,
    agreed: bool,
    days_late: u32,
) -> Sentence {
    let (zh, en) = if agreed {
        ("同意", "agreed to")
    } else {
        ("不同意,应予追回", "did not agree to, so that it is to be taken back,")
    };
    let (zh_late, en_late) = if days_late == 0 {
        (String::new(), String::new())
    } else {
        (format!(",逾期{days_late}日"), format!(", {days_late} days late"))
    };
    sentence!(
        "决议“{resolution}”对先行支付“{payment}”{zh}{zh_late}",
        "resolution {resolution} {en} payment {payment}{en_late}"
    )
}
