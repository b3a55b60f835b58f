//! Who takes part: bureaus as the network has them, and units and charities that the year adds.

use minglian_ledger::genesis::OrganizationKind::{self, *};

use crate::bureau::Bureau;

/// The city.
pub const CITY: u32 = 341_100;

/// The eight county-level divisions, as `testnet/data/chuzhou_divisions.csv` has them.
pub const COUNTIES: [(&str, u32); 8] = [
    ("琅琊区", 341_102),
    ("南谯区", 341_103),
    ("来安县", 341_122),
    ("全椒县", 341_124),
    ("定远县", 341_125),
    ("凤阳县", 341_126),
    ("天长市", 341_181),
    ("明光市", 341_182),
];

/// The bodies of one county-level division.
#[derive(Debug, Clone)]
pub struct County {
    /// Its name.
    pub name: &'static str,
    /// 民政局.
    pub civil: Bureau,
    /// 财政局.
    pub finance: Bureau,
    /// The unit that spends its quota.
    pub unit: Bureau,
    /// Its charity.
    pub charity: Bureau,
}

/// All bodies.
#[derive(Debug, Clone)]
pub struct Bodies {
    /// The city's civil-affairs bureau.
    pub civil: Bureau,
    /// The city's finance department.
    pub finance: Bureau,
    /// The lottery centre.
    pub centre: Bureau,
    /// The auditor.
    pub audit: Bureau,
    /// The city's unit.
    pub unit: Bureau,
    /// The charity that hosts the community fund.
    pub charity: Bureau,
    /// Who evaluates projects as a third party.
    pub assessor: Bureau,
    /// Who builds and supplies; signs nothing.
    pub supplier: Bureau,
    /// The counties.
    pub counties: Vec<County>,
}

impl Bodies {
    /// The bodies; each name ends in （演示）.
    pub fn new() -> anyhow::Result<Self> {
        let city = |name: &str, kind| Bureau::new(&format!("滁州市{name}"), kind, CITY);
        let counties = COUNTIES.iter().map(|(name, division)| {
            let body = |end: &str, kind: OrganizationKind| {
                Bureau::new(&format!("{name}{end}"), kind, *division)
            };
            anyhow::Ok(County {
                name,
                civil: body("民政局", CivilAffairs)?,
                finance: body("财政局", Finance)?,
                unit: body("养老服务中心", ProjectUnit)?,
                charity: body("慈善协会", Charity)?,
            })
        });
        Ok(Self {
            civil: city("民政局", CivilAffairs)?,
            finance: city("财政局", Finance)?,
            centre: city("福利彩票发行中心", LotteryCentre)?,
            audit: city("审计局", Audit)?,
            unit: city("社会福利院", ProjectUnit)?,
            charity: city("慈善总会", Charity)?,
            assessor: city("公益项目评价中心", ProjectUnit)?,
            supplier: city("适老设施工程有限公司", ProjectUnit)?,
            counties: counties.collect::<anyhow::Result<_>>()?,
        })
    }

    /// Those who sign, authorities first.
    pub fn signing(&self) -> Vec<&Bureau> {
        let mut bodies = vec![&self.civil, &self.finance, &self.centre, &self.audit];
        bodies.extend(self.counties.iter().flat_map(|county| [&county.civil, &county.finance]));
        bodies.extend([&self.unit, &self.charity, &self.assessor]);
        bodies.extend(self.counties.iter().flat_map(|county| [&county.unit, &county.charity]));
        bodies
    }
}
