//! Acts by name, in words, in the outbox: what an officer's tool knows without a node.

use std::collections::BTreeSet;
use std::fs;

use minglian_contracts::call::Call;
use minglian_contracts::refusal::Code;
use minglian_contracts::words::{Names, advice::advice};
use minglian_ledger::fen::Fen;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::Transaction;
use minglian_node::cli::deposit::check_size;
use minglian_node::desk::language::{Language, plain};
use minglian_node::desk::outbox::{Outbox, OutboxError};
use minglian_node::desk::{catalogue, office, opinion, preview};

use crate::rpc_world::{civil_affairs, finance, key, text};

struct Named;

impl Names for Named {
    fn organization(&self, code: &OrganizationCode) -> String {
        if *code == OrganizationCode::parse("Y9341122NXE3E0KA11").unwrap() {
            "来安县社会福利中心".to_owned()
        } else {
            "某单位".to_owned()
        }
    }
}

/// Module and variant of every act that the decoder knows, as the first two bytes.
fn variants() -> BTreeSet<[u8; 2]> {
    let is_known = |bytes: &[u8]| match borsh::from_slice::<Call>(bytes) {
        Ok(_) => true,
        Err(error) => !error.to_string().contains("Unexpected variant tag"),
    };
    let modules = (0..=u8::MAX).filter(|module| is_known(&[*module]));
    modules
        .flat_map(|module| (0..=u8::MAX).map(move |variant| [module, variant]))
        .filter(|variant| is_known(variant))
        .collect()
}

#[test]
fn every_act_has_an_example_that_reads_back_as_it_stands() {
    let acts = catalogue::acts().unwrap();
    let shown: BTreeSet<[u8; 2]> =
        acts.iter().map(|act| act.example.encode()[..2].try_into().unwrap()).collect();
    assert_eq!(shown, variants());
    assert_eq!(shown.len(), acts.len(), "one example for each");
    for act in &acts {
        let printed = serde_json::to_string_pretty(&act.example).unwrap();
        assert_eq!(serde_json::from_str::<Call>(&printed).unwrap(), act.example);
        assert_eq!(Call::decode(&act.example.encode()).unwrap(), act.example);
        assert_eq!(catalogue::name_of(&act.example), act.name);
        assert_eq!(&catalogue::act(&act.name).unwrap(), act);
        for language in [Language::Zh, Language::En] {
            let line = catalogue::line(act, language);
            assert!(line.starts_with(&act.name) && line.lines().count() == 3, "{line}");
        }
    }
    let unknown = catalogue::act("charity.give").unwrap_err().to_string();
    assert!(unknown.contains("charity.donate"), "{unknown}");
}

#[test]
fn a_field_that_the_act_does_not_have_is_refused() {
    let example = catalogue::act("charity.donate").unwrap().example;
    let mut json = serde_json::to_value(&example).unwrap();
    assert_eq!(catalogue::read(json.to_string().as_bytes()).unwrap(), example);
    json["charity"]["donate"]["restricton"] = "助学".into();
    let refused = catalogue::read(json.to_string().as_bytes()).unwrap_err().to_string();
    assert!(refused.contains("charity.donate.restricton"), "{refused}");
    let unknown = catalogue::read(b"{\"charity\":{\"give\":{}}}").unwrap_err().to_string();
    assert!(unknown.contains("tx example"), "{unknown}");
}

#[test]
fn the_list_says_who_proposes_and_who_approves() {
    let line = |name, language| catalogue::line(&catalogue::act(name).unwrap(), language);
    let payment = line("payment.instruct", Language::Zh);
    assert!(
        payment.contains("付款\n    签署: 本单位经办 → 本单位复核 → 本单位支付\n"),
        "{payment}"
    );
    let plan = line("allocation.plan", Language::En);
    let signers = "maker of civil affairs → checker of civil affairs → checker of an organisation";
    assert!(plan.contains(signers), "{plan}");
    let rotation = line("registry.rotate_key", Language::Zh);
    assert!(rotation.contains("视账本登记情况"), "{rotation}");
}

#[test]
fn a_preview_says_amounts_in_both_units_and_names_organisations() {
    let mut call = serde_json::to_value(catalogue::act("payment.instruct").unwrap().example);
    let instruct = &mut call.as_mut().unwrap()["payment"]["instruct"];
    instruct["order"]["amount"] = "1362700".into();
    instruct["order"]["payee"] = serde_json::json!({ "organization": "Y9341122NXE3E0KA11" });
    let call: Call = serde_json::from_value(call.unwrap()).unwrap();
    let preview = preview::of(&call, &Named);
    assert_eq!(preview.act, "payment.instruct");
    assert_eq!(preview.amounts.len(), 1);
    assert_eq!(preview.amounts[0].fen, Fen::new(1_362_700).unwrap());
    let zh = preview.to_text(Language::Zh);
    assert!(zh.starts_with("业务: 付款 (payment.instruct)\n内容: 从来安县社会福利中心"), "{zh}");
    assert!(zh.contains("付款.金额: 13,627.00元 = 1.3627万元"), "{zh}");
    assert!(zh.contains("支付1.3627万元给来安县社会福利中心"), "{zh}");
    assert!(zh.contains("来安县社会福利中心 (Y9341122NXE3E0KA11)"), "{zh}");
    let en = preview.to_text(Language::En);
    assert!(en.contains("order.amount: CNY 13,627.00 = 1.3627 × 10,000"), "{en}");
}

#[test]
fn a_preview_refuses_a_personal_number_names_its_field_and_does_not_repeat_it() {
    let mut call = serde_json::to_value(catalogue::act("project.register").unwrap().example);
    let register = &mut call.as_mut().unwrap()["project"]["register"];
    register["title"] = "资助34112219800101001X".into();
    register["category"] = "old_age".into();
    let call: Call = serde_json::from_value(call.unwrap()).unwrap();
    let refused = preview::check(&call).unwrap_err();
    assert_eq!(refused.field, "title");
    let said = refused.to_string();
    assert!(
        said.contains("“名称”中含有疑似身份证号") && said.contains("the field title"),
        "{said}"
    );
    assert!(!said.contains("3411"), "{said}");
    assert!(preview::check(&catalogue::act("project.register").unwrap().example).is_ok());
    let zh = preview::of(&call, &Named).to_text(Language::Zh);
    assert!(zh.contains("老年人福利(old_age)"), "{zh}");
}

#[test]
fn a_preview_says_which_code_it_shows() {
    let zh = |act| preview::of(&catalogue::act(act).unwrap().example, &Named).to_text(Language::Zh);
    let donation = zh("charity.donate");
    assert!(
        donation.contains("票据码摘要: ") && !donation.contains("统一社会信用代码/"),
        "{donation}"
    );
    let organization = zh("registry.register_organization");
    assert!(organization.contains("统一社会信用代码: "), "{organization}");
    assert!(!organization.contains("票据码摘要"), "{organization}");
}

#[test]
fn a_file_that_a_node_does_not_take_is_refused_by_its_size() {
    assert!(check_size(0, None).is_err(), "empty");
    assert!(check_size(10, Some(10)).is_ok() && check_size(11, None).is_ok());
    let refused = check_size(11, Some(10)).unwrap_err().to_string();
    assert!(refused.contains("11 字节") && refused.contains("at most 10"), "{refused}");
}

#[test]
fn what_others_wrote_does_not_steer_the_terminal() {
    assert_eq!(plain("财政\u{1b}[2J局\u{202e}\r\n"), "财政[2J局");
}

#[test]
fn every_refusal_says_what_to_do() {
    for code in Code::ALL {
        let said = advice(*code);
        assert!(!said.zh.is_empty() && !said.en.is_empty(), "{code:?}");
    }
    assert!(advice(Code::SameOfficer).zh.contains("另一名"));
}

fn signed(reference: &str, example: &str) -> Transaction {
    let call = catalogue::act(example).unwrap().example;
    let chain_id = text("a-chain-0000000000000000");
    office::sign(&chain_id, Height(7), &key(1), finance(), text(reference), &call)
}

#[test]
fn the_outbox_keeps_an_act_until_it_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(directory.path()).unwrap();
    let transaction = signed("凭证 1", "payment.instruct");
    let entry = outbox.put(&transaction, "http://127.0.0.1:1").unwrap();
    assert_eq!(outbox.put(&transaction, "http://127.0.0.1:1").unwrap(), entry);
    outbox.put(&signed("凭证 2", "payment.instruct"), "http://127.0.0.1:1").unwrap();
    // Another program, later.
    let outbox = Outbox::open(directory.path()).unwrap();
    assert_eq!(outbox.entries().unwrap().len(), 2);
    let found = outbox.find(&finance(), &text("凭证 1")).unwrap().unwrap();
    assert_eq!(found.transaction().unwrap(), transaction);
    assert_eq!(outbox.find(&civil_affairs(), &text("凭证 1")).unwrap(), None);
    outbox.settle(&entry.id, &serde_json::json!({ "outcome": "applied" })).unwrap();
    assert_eq!(outbox.find(&finance(), &text("凭证 1")).unwrap(), None);
    assert_eq!(outbox.entries().unwrap().len(), 1);
    let kept = directory.path().join(format!("settled/{}.json", entry.id));
    assert!(fs::read_to_string(kept).unwrap().contains("applied"));
}

#[test]
fn an_outbox_file_that_was_touched_is_not_sent() {
    let directory = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(directory.path()).unwrap();
    let entry = outbox.put(&signed("凭证 1", "payment.instruct"), "http://a").unwrap();
    let path = directory.path().join(format!("waiting/{}.json", entry.id));
    let text = fs::read_to_string(&path).unwrap();
    for damaged in [text.replace("凭证 1", "凭证 9"), text.replace('{', ""), String::new()] {
        fs::write(&path, damaged).unwrap();
        assert!(matches!(outbox.entries(), Err(OutboxError::Malformed { .. })));
    }
}

#[test]
fn an_opinion_is_kept_outside_the_ledger_and_holds_no_personal_number() {
    let directory = tempfile::tempdir().unwrap();
    let commitment = opinion::keep(directory.path(), "凭证缺附件", [7; 16]).unwrap();
    let path = directory.path().join(format!("{commitment}.json"));
    assert!(fs::read_to_string(path).unwrap().contains("凭证缺附件"));
    assert_eq!(opinion::keep(directory.path(), "凭证缺附件", [7; 16]).unwrap(), commitment);
    let other = opinion::keep(directory.path(), "凭证缺附件", [8; 16]).unwrap();
    assert_ne!(commitment, other, "the salt hides a text that could be guessed");
    let personal = "收款人11010519491231002X有误";
    let refused = opinion::keep(directory.path(), personal, [7; 16]).unwrap_err().to_string();
    assert!(!refused.contains("11010519491231002X"), "{refused}");
    assert!(opinion::keep(directory.path(), &"长".repeat(2_000), [7; 16]).is_err());
}
