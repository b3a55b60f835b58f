//! The bureaus of the demonstration: 滁州市 with its counties.
//!
//! Divisions are real, so that rules about divisions are tested on real ones. Names end in （演示）
//! and codes are synthetic: no real body is said to have signed anything.

use anyhow::ensure;
use minglian_ledger::division::Division;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::organization_code::OrganizationCode;

/// What a demonstration body's name ends in.
const SUFFIX: &str = "（演示）";

/// Most nodes: the city, its eight county-level divisions, the lottery centre.
pub const NODES_MAX: usize = 10;

const CITY: u32 = 341_100;

/// Who runs a node, in the order in which nodes are added.
const NODES: [(&str, OrganizationKind, u32); NODES_MAX] = [
    ("滁州市民政局", OrganizationKind::CivilAffairs, CITY),
    ("来安县民政局", OrganizationKind::CivilAffairs, 341_122),
    ("天长市民政局", OrganizationKind::CivilAffairs, 341_181),
    ("滁州市福利彩票发行中心", OrganizationKind::LotteryCentre, CITY),
    ("琅琊区民政局", OrganizationKind::CivilAffairs, 341_102),
    ("南谯区民政局", OrganizationKind::CivilAffairs, 341_103),
    ("全椒县民政局", OrganizationKind::CivilAffairs, 341_124),
    ("定远县民政局", OrganizationKind::CivilAffairs, 341_125),
    ("凤阳县民政局", OrganizationKind::CivilAffairs, 341_126),
    ("明光市民政局", OrganizationKind::CivilAffairs, 341_182),
];

/// Finance departments by division; they sign quota and run no node.
const FINANCE: [(&str, u32); 9] = [
    ("滁州市财政局", CITY),
    ("琅琊区财政局", 341_102),
    ("南谯区财政局", 341_103),
    ("来安县财政局", 341_122),
    ("全椒县财政局", 341_124),
    ("定远县财政局", 341_125),
    ("凤阳县财政局", 341_126),
    ("天长市财政局", 341_181),
    ("明光市财政局", 341_182),
];

const AUDIT: (&str, u32) = ("滁州市审计局", CITY);

/// The roles of which every bureau has one officer.
pub const ROLES: [(Role, &str); 4] = [
    (Role::Governor, "governor"),
    (Role::Maker, "maker"),
    (Role::Checker, "checker"),
    (Role::Payer, "payer"),
];

/// A body of the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bureau {
    /// Its name, with （演示）.
    pub name: String,
    /// What it is.
    pub kind: OrganizationKind,
    /// Where it acts.
    pub division: Division,
    /// Its synthetic code.
    pub code: OrganizationCode,
}

impl Bureau {
    /// A body of the demonstration.
    pub fn new(name: &str, kind: OrganizationKind, division: u32) -> anyhow::Result<Self> {
        let name = format!("{name}{SUFFIX}");
        let division = Division::new(division)?;
        let code = OrganizationCode::for_demonstration(division, &name);
        Ok(Self { name, kind, division, code })
    }
}

/// The bodies of a network: first those with a node, then finance departments and the auditor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bureaus {
    /// Those that run a node.
    pub nodes: Vec<Bureau>,
    /// The others.
    pub others: Vec<Bureau>,
}

/// The bodies of a network of `count` nodes.
pub fn bureaus(count: usize) -> anyhow::Result<Bureaus> {
    ensure!((1..=NODES_MAX).contains(&count), "a network has 1 to {NODES_MAX} nodes, not {count}");
    let divisions: Vec<u32> = NODES[..count].iter().map(|(_, _, division)| *division).collect();
    let nodes = NODES[..count]
        .iter()
        .map(|(name, kind, division)| Bureau::new(name, *kind, *division))
        .collect::<anyhow::Result<_>>()?;
    let mut others = FINANCE
        .iter()
        .filter(|(_, division)| *division == CITY || divisions.contains(division))
        .map(|(name, division)| Bureau::new(name, OrganizationKind::Finance, *division))
        .collect::<anyhow::Result<Vec<_>>>()?;
    others.push(Bureau::new(AUDIT.0, OrganizationKind::Audit, AUDIT.1)?);
    Ok(Bureaus { nodes, others })
}
