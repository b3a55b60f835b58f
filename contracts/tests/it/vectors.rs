//! Golden vectors of acts and events, and the page that describes them: `contracts/vectors/*.json`
//! hold one value for each variant, `docs/calls.md` its number and fields.
//!
//! With `MINGLIAN_REGENERATE_VECTORS=1` the files are written anew, which is a reviewed change of
//! the format; otherwise a file that differs is a failure.

mod calls;
mod charity;
mod disclosure;
mod enrolment;
mod events;
mod homes;
mod subsidy;
mod oversight;
mod opening;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};
use data_encoding::HEXLOWER;
use minglian_contracts::allocation::{Category, Receipt, StatementKind};
use minglian_contracts::book::Measure;
use minglian_contracts::call::Call;
use minglian_contracts::charity::contribution::Source;
use minglian_contracts::charity::declared::Side as DeclaredSide;
use minglian_contracts::charity::disbursement::Expense;
use minglian_contracts::charity::donation::Valuation;
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::qualification::{CharityForm, QualificationKind};
use minglian_contracts::charity::resolution::Matter;
use minglian_contracts::disclosure::figure::{FigureMeasure, FigureUnit};
use minglian_contracts::disclosure::publication::{AttachmentClass, Openness, Validity};
use minglian_contracts::disclosure::rule::{Condition, Tier, Trigger};
use minglian_contracts::event::Event;
use minglian_contracts::homes::standing::Rating;
use minglian_contracts::lottery::Side;
use minglian_contracts::lottery::central::CentralUser;
use minglian_contracts::lottery::duty::Duty;
use minglian_contracts::opening::Ground;
use minglian_contracts::oversight::complaint::{Closure, DeclineReason, Outcome};
use minglian_contracts::oversight::finding::{FindingKind, Position, Verdict};
use minglian_contracts::oversight::inspection::InspectionResult;
use minglian_contracts::oversight::sample::{CancelReason, SamplePurpose};
use minglian_contracts::payment::Expenditure;
use minglian_contracts::payment::result::FailureReason;
use minglian_contracts::project::Stage;
use minglian_contracts::project::evaluation::Measures;
use minglian_contracts::subsidy::batch::Standing;
use minglian_contracts::subsidy::period::PeriodLength;
use minglian_contracts::subsidy::programme::ProgrammeKind;
use minglian_contracts::subsidy::verdict::Check;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::subsidy::standards::RangeBits;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use tree::Tree;

use crate::world::World;

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn page() -> String {
    fs::read_to_string(repository("docs/calls.md")).unwrap()
}

/// One value of the vectors.
struct Sample {
    /// `module.variant`, or the module alone where its values have no variants.
    name: String,
    bytes: Vec<u8>,
    json: Value,
    /// The JSON with its names in the order of the fields.
    tree: Tree,
}

impl Sample {
    fn of<T>(value: &T) -> Self
    where
        T: BorshSerialize + BorshDeserialize + Serialize + DeserializeOwned + PartialEq + Debug,
    {
        let bytes = borsh::to_vec(value).unwrap();
        assert_eq!(&borsh::from_slice::<T>(&bytes).unwrap(), value);
        let text = serde_json::to_string(value).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
        let tree: Tree = serde_json::from_str(&text).unwrap();
        let Tree::Object(outer) = &tree else { panic!("{text} has a module") };
        let (module, inner) = &outer[0];
        let name = match (module.as_str(), inner) {
            // These two are no enums.
            ("movement" | "judged", _) => module.clone(),
            (_, Tree::Object(inner)) => format!("{module}.{}", inner[0].0),
            _ => panic!("{text} has a variant"),
        };
        Self { name, bytes, json: serde_json::from_str(&text).unwrap(), tree }
    }

    /// The bytes that say which variant it is, as the page prints them: `03 00`.
    fn number(&self) -> String {
        let length = if self.name.contains('.') { 2 } else { 1 };
        let bytes = self.bytes[..length].iter().map(|byte| format!("{byte:02x}"));
        bytes.collect::<Vec<_>>().join(" ")
    }

    /// The names of the variant's fields, in order.
    fn fields(&self) -> Vec<&str> {
        let Tree::Object(outer) = &self.tree else { return Vec::new() };
        let body = match &outer[0].1 {
            Tree::Object(inner) if self.name.contains('.') => &inner[0].1,
            body => body,
        };
        body.names()
    }
}

/// Compares the file with `samples`.
fn check_file(file: &str, about: &str, samples: &[Sample]) {
    let entry = |sample: &Sample| {
        let hex = HEXLOWER.encode(&sample.bytes);
        json!({ "name": sample.name, "hex": hex, "json": sample.json })
    };
    check_values(file, about, samples.iter().map(entry).collect());
}

/// Compares the file with `values`, or writes it when told to by the environment.
fn check_values(file: &str, about: &str, values: Vec<Value>) {
    let body = json!({ "about": about, "values": values });
    let path = repository("contracts/vectors").join(file);
    if std::env::var_os("MINGLIAN_REGENERATE_VECTORS").is_some_and(|value| value == "1") {
        fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&body).unwrap())).unwrap();
    }
    let stored: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(stored == body, "{file} is stale: the format has changed, see docs/calls.md");
}

/// The variants that the decoder knows, as the page prints their numbers.
fn numbers_of<T: BorshDeserialize>(without_variants: &[u8]) -> BTreeSet<String> {
    let is_known = |bytes: &[u8]| match borsh::from_slice::<T>(bytes) {
        Ok(_) => true,
        Err(error) => !error.to_string().contains("Unexpected variant tag"),
    };
    let mut numbers = BTreeSet::new();
    for module in 0..=u8::MAX {
        if without_variants.contains(&module) {
            numbers.insert(format!("{module:02x}"));
        } else if is_known(&[module]) {
            let known = (0..=u8::MAX).filter(|variant| is_known(&[module, *variant]));
            numbers.extend(known.map(|variant| format!("{module:02x} {variant:02x}")));
        }
    }
    numbers
}

/// The rows of the page's table behind `heading`: name → number and names of the fields.
fn table(page: &str, heading: &str) -> BTreeMap<String, (String, Vec<String>)> {
    let section = page.split(&format!("## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (name, rest) = row.split_once("` | `").unwrap();
        let (number, fields) = rest.split_once("` | ").unwrap();
        (name.to_owned(), (number.to_owned(), field_names(fields)))
    })
    .collect()
}

/// The names between backticks, each of which begins a field.
fn field_names(fields: &str) -> Vec<String> {
    fields.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn check_page(heading: &str, samples: &[Sample], numbers: &BTreeSet<String>) {
    let page = page();
    let table = table(&page, heading);
    let in_page: BTreeSet<_> = table.values().map(|(number, _)| number.clone()).collect();
    assert_eq!(&in_page, numbers, "the numbers in the page and in the code");
    let in_vectors: BTreeSet<_> = samples.iter().map(Sample::number).collect();
    assert_eq!(&in_vectors, numbers, "the numbers in the vectors and in the code");
    for sample in samples {
        let (number, fields) = &table[&sample.name];
        assert_eq!(number, &sample.number(), "{}", sample.name);
        assert_eq!(fields, &sample.fields(), "{}", sample.name);
    }
    // What stands inside is described somewhere: in this page, or in that of the ledger's types.
    let ledger = fs::read_to_string(repository("docs/format.md")).unwrap().replace('\n', " ");
    let mut described: BTreeSet<Vec<String>> = page.lines().map(field_names).collect();
    described.extend(ledger.split("**").map(field_names));
    for sample in samples {
        for names in sample.tree.objects().iter().filter(|names| names.len() > 1) {
            let is_row = |row: &Vec<String>| row.windows(names.len()).any(|part| part == *names);
            assert!(described.iter().any(is_row), "{}: {names:?}", sample.name);
        }
    }
}

fn all_calls() -> Vec<Call> {
    let (society, rest) = ([charity::calls(), oversight::calls()], [disclosure::calls()]);
    let acts = [opening::calls(), homes::calls(), enrolment::calls(), subsidy::calls()];
    [calls::all(), society.concat(), rest.concat(), acts.concat()].concat()
}

/// What a block's limit counts for each act and who decides it: both are rules that every node
/// follows, and neither shows in the act's bytes.
#[test]
fn weights_and_policies() {
    let world = World::new();
    let values = all_calls().into_iter().map(|call| {
        let policy = match call.policy(&world.state) {
            Ok(policy) => format!("{policy:?}"),
            Err(fault) => format!("{fault}"),
        };
        json!({ "name": Sample::of(&call).name, "weight": call.weight(), "policy": policy })
    });
    let about = "What each act of calls.json weighs, and who proposes and approves it.";
    check_values("policies.json", about, values.collect());
}

#[test]
fn calls() {
    let samples: Vec<Sample> = all_calls().iter().map(Sample::of).collect();
    let about = "Acts as they stand in `TransactionBody.call`, at least one for each variant.";
    check_file("calls.json", about, &samples);
    check_page("Calls", &samples, &numbers_of::<Call>(&[]));
}

#[test]
fn events() {
    let mut samples: Vec<Sample> = events::all().iter().map(Sample::of).collect();
    samples.extend(charity::events().iter().map(Sample::of));
    samples.extend(oversight::events().iter().map(Sample::of));
    samples.extend(disclosure::events().iter().map(Sample::of));
    samples.extend(opening::events().iter().map(Sample::of));
    samples.extend(homes::events().iter().map(Sample::of));
    samples.extend(enrolment::events().iter().map(Sample::of));
    samples.extend(subsidy::events().iter().map(Sample::of));
    let about =
        "Items of the list in the receipt of an applied act, at least one for each variant.";
    check_file("events.json", about, &samples);
    check_page("Events", &samples, &numbers_of::<Event>(&[0, 1]));
}

#[test]
fn seeds_of_samples() {
    let about = "Seeds of samples, see docs/format.md, section 12: whose plan, its call, the block \
        at its height, the call that entered the draw.";
    check_values("sample_seeds.json", about, oversight::seeds());
}

/// Checks the page's row of an enum without fields.
fn check_names<T: BorshDeserialize + Serialize>(page: &str, name: &str) {
    let known = (0..=u8::MAX).map_while(|number| borsh::from_slice::<T>(&[number]).ok());
    let texts = known.enumerate().map(|(number, value)| {
        let json = serde_json::to_value(value).unwrap();
        format!("{number} {}", json.as_str().unwrap())
    });
    let row = format!("| {name} | {} |", texts.collect::<Vec<_>>().join(", "));
    assert!(page.contains(&row), "docs/calls.md must contain {row}");
}

#[test]
fn enums_without_fields() {
    let page = page();
    check_names::<OrganizationKind>(&page, "OrganizationKind");
    check_names::<Role>(&page, "Role");
    check_names::<Category>(&page, "Category");
    check_names::<Receipt>(&page, "ReceiptKind");
    check_names::<StatementKind>(&page, "StatementKind");
    check_names::<Measure>(&page, "Measure");
    check_names::<Side>(&page, "Side");
    check_names::<Expenditure>(&page, "Expenditure");
    check_names::<FailureReason>(&page, "FailureReason");
    check_names::<Duty>(&page, "Duty");
    check_names::<CentralUser>(&page, "CentralUser");
    check_names::<Stage>(&page, "Stage");
    check_names::<Measures>(&page, "Measures");
    check_names::<QualificationKind>(&page, "QualificationKind");
    check_names::<CharityForm>(&page, "CharityForm");
    check_names::<FundKind>(&page, "FundKind");
    check_names::<Valuation>(&page, "Valuation");
    check_names::<Matter>(&page, "Matter");
    check_names::<DeclaredSide>(&page, "DeclaredSide");
    check_names::<Expense>(&page, "Expense");
    check_names::<DeclineReason>(&page, "DeclineReason");
    check_names::<Outcome>(&page, "Outcome");
    check_names::<Closure>(&page, "Closure");
    check_names::<FindingKind>(&page, "FindingKind");
    check_names::<Position>(&page, "Position");
    check_names::<Verdict>(&page, "Verdict");
    check_names::<SamplePurpose>(&page, "SamplePurpose");
    check_names::<CancelReason>(&page, "CancelReason");
    check_names::<InspectionResult>(&page, "InspectionResult");
    check_names::<Trigger>(&page, "Trigger");
    check_names::<Tier>(&page, "Tier");
    check_names::<Condition>(&page, "Condition");
    check_names::<Validity>(&page, "Validity");
    check_names::<Openness>(&page, "Openness");
    check_names::<AttachmentClass>(&page, "AttachmentClass");
    check_names::<FigureMeasure>(&page, "FigureMeasure");
    check_names::<FigureUnit>(&page, "FigureUnit");
    check_names::<Ground>(&page, "Ground");
    check_names::<Source>(&page, "FundSource");
    check_names::<Rating>(&page, "Rating");
    check_names::<ProgrammeKind>(&page, "ProgrammeKind");
    check_names::<PeriodLength>(&page, "PeriodLength");
    check_names::<RangeBits>(&page, "RangeBits");
    check_names::<Check>(&page, "Check");
    check_names::<Standing>(&page, "BatchStanding");
}
