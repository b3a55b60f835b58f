//! Enterprises that give: on a long ledger there are many of them, and each has a page.

use minglian_contracts::call::Call;
use minglian_contracts::registry;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use crate::bureau::Bureau;
use crate::year::body::{Bodies, COUNTIES};
use crate::year::script::{Act, Post, Thread};

/// For so many entries one enterprise.
pub const ENTRIES_EACH: u64 = 1_000;

/// Signatures that register one.
const SIGNATURES: u64 = 2;

/// Transactions that register `count` of them.
pub const fn transactions(count: u64) -> u64 {
    count * SIGNATURES
}

/// The enterprise of a number.
///
/// # Errors
/// If its name is too long.
pub fn enterprise(number: u64) -> anyhow::Result<Bureau> {
    let (county, division) = COUNTIES[usize::try_from(number)? % COUNTIES.len()];
    Bureau::new(&format!("{county}爱心企业{number}"), OrganizationKind::ProjectUnit, division)
}

/// Two governors register `count` enterprises.
///
/// # Errors
/// If there is no validator.
pub fn admitted(
    bodies: &Bodies,
    validators: &[OrganizationCode],
    count: u64,
) -> anyhow::Result<Vec<Thread>> {
    let first = validators.first().ok_or_else(|| anyhow::anyhow!("no validator"))?;
    let signers = [*first, bodies.finance.code].map(|code| Post::first(code, Role::Governor));
    let admit = |number| {
        let Bureau { name, kind, division, code } = enterprise(number)?;
        let name = Text::new(name)?;
        let call = registry::Call::RegisterOrganization { code, name, kind, division };
        Ok(vec![Act::new(Call::Registry(call), signers.to_vec())])
    };
    (0..count).map(admit).collect()
}
