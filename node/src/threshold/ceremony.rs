//! This node's part in making keys: it deals, offers its shares to the others, fetches theirs,
//! keeps its own share, and says so; or accuses who sent a share that does not fit, or sent none.
//!
//! What is next follows from the state and from the disk alone, so a node that is started again
//! goes on where it was. The dealing follows from a seed that is on the disk before it is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use minglian_contracts::call::Call;
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::ceremony::{
    self, AccuseMember, AcknowledgeKey, Ceremony, DEALINGS, PostDealing, Progress,
};
use minglian_ledger::block::Header;
use minglian_ledger::date;
use minglian_ledger::height::TimeMs;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::subsidy::key_generation::{
    Dealing, DealtShare, KeyGenerationError, Seat, Waiting,
};
use minglian_ledger::subsidy::threshold::{KeyPurpose, KeyShare, ThresholdKey};
use rand::RngCore as _;
use rand::rngs::OsRng;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::dealing::DealingName;
use super::exchange::{Ask, Offers};
use super::fault::MemberFault;
use super::outbox::Outbox;
use super::secrets::{SecretKind, SecretName, Secrets, purpose_name};

/// How long until a member that gave no share is asked again.
const ASK_INTERVAL: Duration = Duration::from_secs(2);

/// How long before the end of a ceremony's last day a member that gave no share is accused: until
/// then it may only be away.
const ACCUSED_BEFORE_MS: u64 = 3_600_000;

/// One look at the ledger.
pub struct Round<'a> {
    /// The state.
    pub state: &'a dyn StateRead,
    /// The header of the block that left it.
    pub header: &'a Header,
    /// For whom this node acts.
    pub organization: OrganizationCode,
    /// The time by this machine's own clock.
    pub now: Instant,
}

/// A share to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Of which key.
    pub of: Ask,
    /// Who has dealt it, from 1.
    pub member: u16,
    /// Its organisation.
    pub organization: OrganizationCode,
}

/// What was fetched for a key that is being made.
#[derive(Default)]
struct Fetched {
    shares: BTreeMap<u16, DealtShare>,
    asked: BTreeMap<u16, Instant>,
}

/// The keys that are being made.
#[derive(Default)]
pub struct Ceremonies {
    fetched: BTreeMap<Ask, Fetched>,
}

/// One ceremony, as this member sees it.
struct View<'a> {
    of: Ask,
    ceremony: &'a Ceremony,
    member: u16,
    name: DealingName,
}

/// The place of an organisation among members, from 1.
pub fn place(members: &[OrganizationCode], organization: &OrganizationCode) -> Option<u16> {
    let place = members.iter().position(|member| member == organization)?;
    u16::try_from(place + 1).ok()
}

impl Ceremonies {
    /// Does what is next in a ceremony; the shares to be asked for. None if this node has no part
    /// in it, or the ceremony is over.
    ///
    /// # Errors
    /// [`MemberFault`]; nothing was sent then that contradicts what was sent before.
    pub fn step(
        &mut self,
        (purpose, ceremony): (KeyPurpose, &Ceremony),
        round: &Round<'_>,
        (secrets, offers): (&Secrets, &Offers),
        outbox: &mut Outbox,
    ) -> Result<Option<Vec<Wanted>>, MemberFault> {
        let attempt = ceremony.attempt;
        let of = Ask { purpose, attempt };
        let Some(member) = place(&ceremony.members, &round.organization) else { return Ok(None) };
        let today = date::beijing_date(round.header.time_ms).ok();
        let is_expired = today.is_none_or(|today| ceremony.open_until < today);
        let is_established = ceremony.progress == Progress::Established;
        let has_failed = matches!(ceremony.progress, Progress::Failed { .. });
        if is_expired || is_established || has_failed {
            self.end(of, is_established, secrets, offers)?;
            return Ok(None);
        }
        let members = u16::try_from(ceremony.members.len()).unwrap_or(u16::MAX);
        let seat = Seat { committee: 0, index: member, members, threshold: ceremony.threshold };
        let chain_id = round.header.chain_id.clone();
        let name = DealingName { chain_id, purpose, attempt, seat };
        let view = View { of, ceremony, member, name };
        match &ceremony.progress {
            Progress::Acknowledging(key, acknowledged) => {
                let own_is_missing = !acknowledged.contains(&member);
                self.hand_over(&view, (key, own_is_missing), round, (secrets, offers), outbox)
            }
            _ => view.deal(round, secrets, outbox).map(|()| Some(Vec::new())),
        }
    }

    /// Keeps a share that another member gave.
    pub fn received(&mut self, wanted: Wanted, share: DealtShare) {
        if let Some(fetched) = self.fetched.get_mut(&wanted.of) {
            fetched.shares.insert(wanted.member, share);
        }
    }

    /// After the end of a ceremony its seed is destroyed, and what was kept if no key came of it.
    fn end(
        &mut self,
        of: Ask,
        is_established: bool,
        secrets: &Secrets,
        offers: &Offers,
    ) -> Result<(), MemberFault> {
        self.fetched.remove(&of);
        offers.withdraw(&of);
        let Ask { purpose, attempt } = of;
        let name = |kind| SecretName { purpose, attempt, kind };
        if secrets.destroy(&name(SecretKind::Dealing))? {
            tracing::info!(?purpose, attempt, is_established, "the making of a key is over");
        }
        if !is_established {
            secrets.destroy(&name(SecretKind::Share))?;
        }
        Ok(())
    }

    /// All have dealt: the shares are exchanged.
    fn hand_over(
        &mut self,
        view: &View<'_>,
        (key, own_is_missing): (&ThresholdKey, bool),
        round: &Round<'_>,
        (secrets, offers): (&Secrets, &Offers),
        outbox: &mut Outbox,
    ) -> Result<Option<Vec<Wanted>>, MemberFault> {
        let of = view.of;
        if !offers.has(&of) {
            let (_, shares) = view.waiting(round, secrets)?;
            offers.offer(of, view.ceremony.members.clone(), shares);
        }
        if !own_is_missing {
            self.fetched.remove(&of);
            return Ok(Some(Vec::new()));
        }
        if view.has_share(key, secrets)? {
            view.acknowledge(key, round, outbox);
            return Ok(Some(Vec::new()));
        }
        let fetched = self.fetched.entry(of).or_default();
        let missing: Vec<u16> = (1..=view.name.seat.members)
            .filter(|other| *other != view.member && !fetched.shares.contains_key(other))
            .collect();
        if missing.is_empty() {
            let (waiting, _) = view.waiting(round, secrets)?;
            match waiting.finish(&fetched.shares) {
                Ok(share) => {
                    view.keep(&share, key, secrets)?;
                    self.fetched.remove(&of);
                    view.acknowledge(key, round, outbox);
                }
                Err(KeyGenerationError::Share { member }) => view.accuse(member, round, outbox),
                Err(error) => return Err(error.into()),
            }
            return Ok(Some(Vec::new()));
        }
        if let Some(silent) = missing.first().filter(|_| view.ends_soon(round.header)) {
            view.accuse(*silent, round, outbox);
        }
        Ok(Some(view.wanted(&missing, &mut fetched.asked, round.now)))
    }
}

impl View<'_> {
    fn secret(&self, kind: SecretKind) -> SecretName {
        let Ask { purpose, attempt } = self.of;
        SecretName { purpose, attempt, kind }
    }

    fn reference(&self, what: &str) -> String {
        let Ask { purpose, attempt } = self.of;
        format!("key/{}/{attempt}/{what}", purpose_name(&purpose))
    }

    /// Posts this member's dealing, unless it stands there. Its seed is on the disk before.
    fn deal(
        &self,
        round: &Round<'_>,
        secrets: &Secrets,
        outbox: &mut Outbox,
    ) -> Result<(), MemberFault> {
        let Ask { purpose, attempt } = self.of;
        if DEALINGS.contains(round.state, &(purpose, self.member))? {
            return Ok(());
        }
        outbox.send(round.organization, self.reference("deal"), round.now, || {
            let name = self.secret(SecretKind::Dealing);
            let seed = match secrets.read(&name)? {
                Some(seed) => seed,
                None => {
                    let mut seed = Zeroizing::new([0; 32]);
                    OsRng.fill_bytes(seed.as_mut());
                    secrets.create(&name, &seed)?;
                    seed
                }
            };
            let (_, dealing) = self.name.deal(&seed)?;
            tracing::info!(?purpose, attempt, member = self.member, "dealing for a key");
            let act = PostDealing { purpose, attempt, dealing };
            Ok(Call::Enrolment(enrolment::Call::PostDealing(act)))
        })
    }

    /// What this member keeps and the shares for the others, from the seed and all dealings.
    fn waiting(
        &self,
        round: &Round<'_>,
        secrets: &Secrets,
    ) -> Result<(Waiting, BTreeMap<u16, DealtShare>), MemberFault> {
        let seed = secrets.read(&self.secret(SecretKind::Dealing))?.ok_or(MemberFault::SeedLost)?;
        let (dealt, dealing) = self.name.deal(&seed)?;
        let mut others: BTreeMap<u16, Dealing> = ceremony::dealings(round.state, &self.of.purpose)?;
        if others.remove(&self.member) != Some(dealing) {
            return Err(MemberFault::OtherDealing);
        }
        Ok(dealt.receive(&others)?)
    }

    /// Whether the share is on the disk, as the key has it.
    fn has_share(&self, key: &ThresholdKey, secrets: &Secrets) -> Result<bool, MemberFault> {
        Ok(read_share(secrets, &self.secret(SecretKind::Share), key, self.member)?.is_some())
    }

    fn keep(
        &self,
        share: &KeyShare,
        key: &ThresholdKey,
        secrets: &Secrets,
    ) -> Result<(), MemberFault> {
        if !is_of(share, key) {
            return Err(MemberFault::OtherShare);
        }
        Ok(secrets.create(&self.secret(SecretKind::Share), share.expose())?)
    }

    fn acknowledge(&self, key: &ThresholdKey, round: &Round<'_>, outbox: &mut Outbox) {
        let Ask { purpose, attempt } = self.of;
        let act = AcknowledgeKey { purpose, attempt, key: key.id() };
        self.say("acknowledge", enrolment::Call::AcknowledgeKey(act), round, outbox);
    }

    fn accuse(&self, accused: u16, round: &Round<'_>, outbox: &mut Outbox) {
        let Ask { purpose, attempt } = self.of;
        tracing::warn!(?purpose, attempt, accused, "a member gave no share that fits: accused");
        let act = AccuseMember { purpose, attempt, accused };
        self.say("accuse", enrolment::Call::AccuseMember(act), round, outbox);
    }

    fn say(&self, what: &str, act: enrolment::Call, round: &Round<'_>, outbox: &mut Outbox) {
        let make = || Ok::<_, std::convert::Infallible>(Call::Enrolment(act));
        let Ok(()) = outbox.send(round.organization, self.reference(what), round.now, make);
    }

    /// Whether the ceremony's last day is about to end.
    fn ends_soon(&self, header: &Header) -> bool {
        let later = TimeMs(header.time_ms.0.saturating_add(ACCUSED_BEFORE_MS));
        date::beijing_date(later).ok().is_none_or(|day| self.ceremony.open_until < day)
    }

    /// Whom to ask now.
    fn wanted(
        &self,
        missing: &[u16],
        asked: &mut BTreeMap<u16, Instant>,
        now: Instant,
    ) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for member in missing {
            let is_due = asked.get(member).is_none_or(|asked| *asked + ASK_INTERVAL <= now);
            let organization = self.ceremony.members.get(usize::from(*member) - 1);
            if let Some(organization) = organization.filter(|_| is_due) {
                asked.insert(*member, now);
                let (of, organization) = (self.of, *organization);
                wanted.push(Wanted { of, member: *member, organization });
            }
        }
        wanted
    }
}

/// Whether a share is the one that the key's record has for its member.
fn is_of(share: &KeyShare, key: &ThresholdKey) -> bool {
    let committee = key.committees.get(usize::from(share.committee()));
    let public = committee.and_then(|it| it.shares.get(usize::from(share.index()).checked_sub(1)?));
    public.is_some_and(|public| *public == share.public())
}

/// The share of a member on the disk; none if it is not there.
///
/// # Errors
/// [`MemberFault::OtherShare`] if it is not the key's; [`MemberFault::Secret`].
pub fn read_share(
    secrets: &Secrets,
    name: &SecretName,
    key: &ThresholdKey,
    member: u16,
) -> Result<Option<KeyShare>, MemberFault> {
    let Some(secret) = secrets.read(name)? else { return Ok(None) };
    let share = KeyShare::from_bytes(0, member, &secret).filter(|share| is_of(share, key));
    share.map(Some).ok_or(MemberFault::OtherShare)
}
