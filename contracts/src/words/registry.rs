//! Organisations and officers' keys.

use crate::registry::{Call, Event};

use super::party::{organization_kind, role};
use super::policy::{kind_english, role_english};
use super::{Names, Sentence, sentence, short};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::RegisterOrganization { .. } => "单位登记",
        Call::RegisterKey { .. } => "密钥登记",
        Call::RotateKey { .. } => "密钥更换",
        Call::RevokeKey { .. } | Call::RevokeKeyOf { .. } => "密钥注销",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::RegisterOrganization { code, name, kind, division } => {
            let (kind, english) = (organization_kind(*kind), kind_english(*kind));
            let place = division.name().unwrap_or("");
            sentence!(
                "登记单位“{name}”({kind},{place},统一社会信用代码 {code})",
                "registers {name} ({english}, {place}, code {code})"
            )
        }
        Call::RegisterKey { organization, key, role: of, .. } => {
            let (holder, role, english) =
                (names.organization(organization), role(*of), role_english(*of));
            let key = short(&key.to_string());
            sentence!(
                "为{holder}登记{role}密钥 {key}…",
                "registers key {key}… of {holder} ({english})"
            )
        }
        Call::RotateKey { old, new } => {
            let (old, new) = (short(&old.to_string()), short(&new.to_string()));
            sentence!("以新密钥 {new}… 更换 {old}…", "replaces key {old}… by {new}…")
        }
        Call::RevokeKeyOf { organization, key } => {
            let (holder, key) = (names.organization(organization), short(&key.to_string()));
            sentence!(
                "注销{holder}持有或曾持有密钥 {key}… 的经办人的全部密钥",
                "revokes every key of the officer of {holder} who has or had key {key}…"
            )
        }
        Call::RevokeKey { key } => {
            let key = short(&key.to_string());
            sentence!("注销密钥 {key}…", "revokes key {key}…")
        }
    }
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::OrganizationRegistered { code, check_digit_right } => {
            let name = names.organization(code);
            let (zh, en) = if *check_digit_right {
                ("校验位正确", "its check digit is right")
            } else {
                ("校验位不符,仅提示", "its check digit is wrong: a warning")
            };
            sentence!("{name}已登记,代码{zh}", "{name} is registered; {en}")
        }
        Event::KeyRegistered { key, live_from } => {
            let key = short(&key.to_string());
            sentence!(
                "密钥 {key}… 自高度 {live_from} 起有效",
                "key {key}… counts from height {live_from}"
            )
        }
        Event::KeyRevoked { key, live_until } => {
            let key = short(&key.to_string());
            sentence!(
                "密钥 {key}… 有效至高度 {live_until}",
                "key {key}… counts until height {live_until}"
            )
        }
    }
}
