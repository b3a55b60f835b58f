//! A receipt's code that another charity has entered too.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::charity::donation::{Donate, DonationReceipt, Donor, Gift, receipt_code};
use minglian_contracts::charity::fund::{Committee, Opening};
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::qualification::{
    CharityForm, Qualification, QualificationKind, Qualify,
};
use minglian_contracts::{charity, registry};
use minglian_ledger::date::Date;
use minglian_ledger::division::Division;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::Commitment;
use minglian_ledger::keys::PublicKey;

use crate::chain::{Chain, code, secret_key, text};
use crate::site::Site;
use crate::society::{self, RECEIPT};

fn day() -> Date {
    "2026-06-10".parse().unwrap()
}

/// Two governors' act.
fn govern(chain: &mut Chain, proposer: &str, approver: &str, call: registry::Call) {
    let proposal = chain.sign(&format!("{proposer}.governor"), &Call::Registry(call));
    let id = proposal.id();
    assert_eq!(chain.block(vec![proposal]), [0]);
    let approve = Call::Approval(approval::Call::Approve { proposal: id });
    assert_eq!(chain.alone(&format!("{approver}.governor"), &approve), 0);
}

/// A second charity, which gives itself one fen under the code of the first one's donor.
fn copied(chain: &mut Chain) {
    let organization = code("other");
    let division = Division::new(510_521).unwrap();
    let (name, kind) = (text("乙会"), OrganizationKind::Charity);
    let register =
        registry::Call::RegisterOrganization { code: organization, name, kind, division };
    govern(chain, "civil", "finance", register);
    for (role, name) in
        [(Role::Governor, "governor"), (Role::Maker, "maker"), (Role::Checker, "checker")]
    {
        let key = PublicKey::of(&secret_key(&format!("other.{name}")));
        let proposer = if role == Role::Governor { "civil" } else { "other" };
        let call = registry::Call::RegisterKey { organization, key, role, same_officer_as: None };
        govern(chain, proposer, "finance", call);
    }
    let qualified = Call::Charity(charity::Call::Qualify(Qualify {
        organization,
        kind: QualificationKind::Charity,
        qualification: Qualification {
            certificate: text("证"),
            form: CharityForm::Foundation,
            registered_on: day(),
            valid_from: day(),
            valid_until: None,
        },
        occurred_on: day(),
    }));
    assert_eq!(chain.act("civil", &qualified, &["checker"]), 0);
    let opened = Call::Charity(charity::Call::OpenFund(Opening {
        fund: text("本级"),
        kind: FundKind::General,
        name: text("乙会"),
        filing: None,
        committee: Committee {
            members: ["甲", "乙", "丙"].map(|name| Commitment::of(&[name.as_bytes()])).to_vec(),
            supervisors: Vec::new(),
        },
        occurred_on: day(),
    }));
    assert_eq!(chain.act("other", &opened, &["checker"]), 0);
    let (receipt, salt) = RECEIPT;
    let given = Call::Charity(charity::Call::Donate(Donate {
        reference: text("偷"),
        fund: text("本级"),
        campaign: None,
        donor: Donor::Anonymous,
        gift: Gift::Money,
        amount: Fen::new(1).unwrap(),
        restriction: None,
        receipt: DonationReceipt::Waived,
        code: receipt_code(&salt, &receipt),
        occurred_on: day(),
    }));
    assert_eq!(chain.act("other", &given, &["checker"]), 0);
}

#[tokio::test]
async fn a_donor_sees_every_gift_of_the_code_with_its_charity() {
    let mut chain = society::told();
    copied(&mut chain);
    let site = Site::of(&chain).await;
    let (receipt, salt) = RECEIPT;
    let [receipt, salt] = [receipt, salt].map(|bytes| data_encoding::HEXUPPER.encode(&bytes));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, warning, own, other) in [
        ("/receipt", "不止一家慈善组织", "1,000.00 元", "0.01 元"),
        ("/en/receipt", "More than one charity", "CNY 1,000.00", "CNY 0.01"),
    ] {
        let request = client
            .post(format!("{}{path}", site.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("code={receipt}&salt={salt}"));
        let body = request.send().await.unwrap().text().await.unwrap();
        let charities = ["charity", "other"].map(|name| format!("/charities/{}", code(name)));
        for shown in [warning, own, other, "乙会", &charities[0], &charities[1]] {
            assert!(body.contains(shown), "{path} lacks {shown}:\n{body}");
        }
    }
}
