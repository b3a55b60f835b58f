//! Who signs an act, in words.

use minglian_ledger::genesis::{OrganizationKind, Role};

use super::party::{organization_kind, role};
use super::{Names, Sentence, sentence, short};
use crate::policy::{Party, Policy, Step};

/// The steps of a policy, in order: who proposes, then who approves.
pub fn steps(policy: &Policy, names: &dyn Names) -> Vec<Sentence> {
    match policy {
        Policy::Steps(steps) => steps.iter().map(|known| step(known, names)).collect(),
        Policy::ValidatorQuorum => {
            let proposer = sentence!(
                "运行共识节点单位的管理员",
                "a governor of an organisation that runs a validator"
            );
            let quorum = sentence!(
                "其他共识节点单位的管理员,直至表决权超过三分之二",
                "governors of others, until more than 2/3 of the voting power agree"
            );
            vec![proposer, quorum]
        }
        Policy::Unrestricted => vec![sentence!(
            "该待办业务下一环节的经办人(撤回由提出单位办理)",
            "the officer whose step is next (to withdraw: who proposed)"
        )],
    }
}

/// Who takes one step.
pub fn step(step: &Step, names: &dyn Names) -> Sentence {
    let (zh_kinds, en_kinds) = kinds(step.kinds);
    let (zh_role, en_role) = (role(step.role), role_english(step.role));
    match &step.party {
        Party::Proposer if step.kinds.is_empty() => {
            sentence!("本单位{zh_role}", "own {en_role}")
        }
        Party::Proposer => sentence!("{zh_kinds}{zh_role}", "{en_role} of {en_kinds}"),
        Party::Named(code) => {
            let name = names.organization(code);
            sentence!("{name}{zh_role}", "{en_role} of {name}")
        }
        Party::Other if step.kinds.is_empty() => {
            sentence!("其他单位{zh_role}", "{en_role} of another organisation")
        }
        Party::Other => {
            sentence!(
                "其他单位({zh_kinds}){zh_role}",
                "{en_role} of another organisation ({en_kinds})"
            )
        }
        Party::Holder(key) => {
            let key = short(&key.to_string());
            sentence!("密钥 {key}… 的持有人({zh_role})", "the holder of key {key}… ({en_role})")
        }
    }
}

/// The role of a key, in English.
pub const fn role_english(role: Role) -> &'static str {
    match role {
        Role::Maker => "maker",
        Role::Checker => "checker",
        Role::Payer => "payer",
        Role::Governor => "governor",
    }
}

pub(super) const fn kind_english(kind: OrganizationKind) -> &'static str {
    match kind {
        OrganizationKind::CivilAffairs => "civil affairs",
        OrganizationKind::Finance => "finance",
        OrganizationKind::LotteryCentre => "lottery centre",
        OrganizationKind::Audit => "audit",
        OrganizationKind::Charity => "charity",
        OrganizationKind::ProjectUnit => "project unit",
        OrganizationKind::Government => "another government body",
    }
}

fn kinds(kinds: &[OrganizationKind]) -> (String, String) {
    let zh: Vec<&str> = kinds.iter().map(|kind| organization_kind(*kind)).collect();
    let en: Vec<&str> = kinds.iter().map(|kind| kind_english(*kind)).collect();
    (zh.join("、"), en.join(" or "))
}
