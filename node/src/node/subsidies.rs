//! What the node does for private subsidies: it keeps bodies and envelopes of batches, and judges
//! them.

use std::sync::Arc;

use tokio::sync::watch;

use super::Keys;
use super::peers::broadcaster;
use crate::admission::Admission;
use crate::batches::custody::Custody;
use crate::batches::{BatchFault, Batches};
use crate::chain::Chain;
use crate::config::Config;
use crate::gossip::GossipHandle;
use crate::verdicts;
use crate::verdicts::sign::Voice;

/// Bodies of batches, and envelopes at a custodian.
pub(super) fn open(
    config: &Config,
    keys: &Keys,
    chain: &Arc<Chain>,
) -> Result<(Arc<Batches>, Option<Arc<Custody>>), BatchFault> {
    let settings = &config.subsidies;
    let batches = Batches::open(&config.batches_path(), settings.bytes_max, chain.clone())?;
    let key = keys.service.clone().filter(|_| settings.keeps_envelopes);
    let custody = key.map(|key| {
        let (path, bytes_max) = (config.envelopes_path(), settings.envelope_bytes_max);
        Custody::open(&path, bytes_max, key, chain.clone()).map(Arc::new)
    });
    Ok((Arc::new(batches), custody.transpose()?))
}

/// What looks after batches.
pub(super) fn service(
    keys: &Keys,
    admission: &Arc<Admission>,
    gossip: &GossipHandle,
    (batches, custody): (Arc<Batches>, Option<Arc<Custody>>),
    stop: &watch::Receiver<bool>,
    chain: &Arc<Chain>,
) -> verdicts::Service {
    let (chain, pass_on) = (chain.clone(), broadcaster(gossip.clone()));
    let voice = Voice::new(chain.clone(), admission.clone(), pass_on, keys.service.clone());
    let (gossip, stop) = (gossip.clone(), stop.clone());
    verdicts::Service::new(verdicts::Parts { chain, batches, custody, voice, gossip, stop })
}
