//! How bodies and officers that the year adds come in: authorities by the validators' quorum, the
//! others by two governors; then their officers, each vouched for by another authority.

use minglian_contracts::call::Call;
use minglian_contracts::registry::{self, AUTHORITIES};
use minglian_ledger::genesis::Role;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::body::Bodies;
use super::keyring::{Keyring, second_checker};
use super::script::{Act, Phase, Post, Thread};
use crate::bureau::{Bureau, ROLES};

/// Admits the keyring's added bodies. `validators` run a node of equal power each.
pub fn admission(
    bodies: &Bodies,
    keyring: &Keyring,
    validators: &[OrganizationCode],
) -> anyhow::Result<Phase> {
    let quorum = validators.len() * 2 / 3 + 1;
    let governor = |code: &OrganizationCode| Post::first(*code, Role::Governor);
    let quorum: Vec<Post> = validators.iter().take(quorum).map(governor).collect();
    let voucher = governor(&bodies.finance.code);
    let first = quorum.first().copied().ok_or_else(|| anyhow::anyhow!("no validator"))?;
    let mut threads = Vec::new();
    for body in keyring.added() {
        let is_authority = AUTHORITIES.contains(&body.kind);
        let admitting = if is_authority { quorum.clone() } else { vec![first, voucher] };
        threads.push(admit(body, keyring, &admitting, voucher)?);
    }
    let second = second_checker(bodies);
    let auditor = governor(&bodies.audit.code);
    threads.push(vec![Act::new(key(keyring, second)?, vec![auditor, voucher])]);
    Ok(Phase { name: "单位与人员登记 bodies and officers", threads })
}

fn admit(
    body: &Bureau,
    keyring: &Keyring,
    admitting: &[Post],
    voucher: Post,
) -> anyhow::Result<Thread> {
    let register = Call::Registry(registry::Call::RegisterOrganization {
        code: body.code,
        name: Text::new(body.name.as_str())?,
        kind: body.kind,
        division: body.division,
    });
    let governor = Post::first(body.code, Role::Governor);
    let mut thread = vec![
        Act::new(register, admitting.to_vec()),
        Act::new(key(keyring, governor)?, admitting.to_vec()),
    ];
    for (role, _) in ROLES.into_iter().filter(|(role, _)| *role != Role::Governor) {
        let call = key(keyring, Post::first(body.code, role))?;
        thread.push(Act::new(call, vec![governor, voucher]));
    }
    Ok(thread)
}

fn key(keyring: &Keyring, post: Post) -> anyhow::Result<Call> {
    Ok(Call::Registry(registry::Call::RegisterKey {
        organization: post.organization,
        key: keyring.officer(post)?.public_key(),
        role: post.role,
        same_officer_as: None,
    }))
}
