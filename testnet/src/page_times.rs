//! How long the explorer's pages take, by kind, while many readers ask: prints JSON, so that
//! ledgers of different lengths can be compared.
//!
//! Each reader has an address of this machine of its own, as readers elsewhere would: the explorer
//! gives every client its turn.

mod survey;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::header::ACCEPT_ENCODING;
use reqwest::{Client, Url};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::measure::{self, Latency};
use survey::Survey;

/// How long one page may take before it counts as not answered.
const PAGE_LIMIT: Duration = Duration::from_secs(30);

/// Most readers: each needs an address of its own within 127.0.0.0/8.
const READERS_MAX: usize = 250;

/// Draws the same pages for the same ledger again.
const SEED: u64 = 1;

/// How the pages are asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Readers who each ask for the next page when they have the last.
    pub readers: usize,
    /// Pages a second that are asked for, whether or not earlier ones have come.
    pub rate: u64,
    /// How long each of both is held.
    pub seconds: u64,
    /// Pages that are asked for too, each as a kind of its own, such as `/trace/17/up`.
    pub paths: Vec<String>,
}

/// What one kind of page took, in one of the ways of asking.
#[derive(Debug, Clone, Default, Serialize)]
pub struct KindTimes {
    /// From the request, or the moment it was due, to the last byte.
    pub latency: Option<Latency>,
    /// Answers by status; `none` for those that did not come.
    pub statuses: BTreeMap<String, u64>,
    /// The largest, in bytes as sent, packed.
    pub sent_bytes_max: usize,
}

/// One way of asking.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Phase {
    /// Pages that came.
    pub answered: u64,
    /// Of these, a second.
    pub answered_per_second: u64,
    /// Over all kinds.
    pub latency: Option<Latency>,
    /// Answers of the server that say it failed, or that did not come.
    pub failed: u64,
    /// By kind.
    pub kinds: BTreeMap<String, KindTimes>,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct PageTimes {
    /// The sources.
    pub commit: Option<String>,
    /// Whether debug assertions were compiled in: the development profile.
    pub development_build: bool,
    /// Processors of this machine.
    pub processors: usize,
    /// Load averages before and after.
    pub load_average: [Option<String>; 2],
    /// Leaves of the log that the explorer shows.
    pub log_size: u64,
    /// How many addresses of each kind are asked for.
    pub addresses: BTreeMap<String, usize>,
    /// Readers who wait for one page before they ask for the next.
    pub closed_loop: Phase,
    /// Pages asked for at a fixed rate.
    pub open_loop: Phase,
}

/// One page asked for.
struct Answer {
    kind: usize,
    took: Duration,
    status: Option<u16>,
    sent_bytes: usize,
}

/// Finds pages of every kind at the explorer at `base`, and times them.
///
/// # Errors
/// If the explorer does not answer, or `wanted` asks for nothing or too much.
pub async fn run(base: &str, wanted: Wanted) -> anyhow::Result<PageTimes> {
    let Wanted { readers, rate, seconds, paths } = wanted;
    ensure!((1..=READERS_MAX).contains(&readers), "--readers is 1 to {READERS_MAX}");
    ensure!(rate > 0 && seconds > 0, "--rate and --seconds are at least 1");
    let base = Url::parse(base).with_context(|| format!("{base} is no address of a site"))?;
    let load_before = measure::load_average();
    let clients =
        (0..readers).map(|number| reader(&base, number)).collect::<Result<Vec<_>, _>>()?;
    eprintln!("looking for pages of every kind");
    let survey = Arc::new(Survey::of(&clients[0], &base, &paths).await?);
    eprintln!("{} kinds; {readers} readers for {seconds} s", survey.kinds().len());
    let closed = closed_loop(&clients, &survey, seconds).await?;
    eprintln!("{rate} pages a second for {seconds} s");
    let open = open_loop(&clients, &survey, rate, seconds).await?;
    Ok(PageTimes {
        commit: measure::commit(),
        development_build: cfg!(debug_assertions),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        load_average: [load_before, measure::load_average()],
        log_size: survey.log_size(),
        addresses: survey.kinds().iter().map(|it| (it.name.clone(), it.urls.len())).collect(),
        closed_loop: closed,
        open_loop: open,
    })
}

/// A reader with an address of its own, if the explorer is on the loopback interface.
fn reader(base: &Url, number: usize) -> anyhow::Result<Client> {
    let own = u8::try_from(number + 2).context("too many readers")?;
    let is_here = base.host_str().is_some_and(|host| host.starts_with("127."));
    let address = is_here.then_some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, own)));
    Ok(Client::builder().no_proxy().local_address(address).timeout(PAGE_LIMIT).build()?)
}

/// Asks for a page that is due, packed as a browser takes it.
async fn ask(client: &Client, (kind, url): (usize, Url), due: Instant) -> Answer {
    let page = async {
        let response = client.get(url).header(ACCEPT_ENCODING, "gzip").send().await?;
        let status = response.status().as_u16();
        Ok::<_, reqwest::Error>((status, response.bytes().await?.len()))
    };
    // Without an answer it counts as failed.
    let page = page.await.ok();
    let (status, sent_bytes) = (page.map(|it| it.0), page.map_or(0, |it| it.1));
    Answer { kind, took: due.elapsed(), status, sent_bytes }
}

async fn closed_loop(
    clients: &[Client],
    survey: &Arc<Survey>,
    seconds: u64,
) -> anyhow::Result<Phase> {
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let mut readers = JoinSet::new();
    for (number, client) in clients.iter().cloned().enumerate() {
        let survey = survey.clone();
        let mut random = StdRng::seed_from_u64(SEED + number as u64);
        readers.spawn(async move {
            let mut answers = Vec::new();
            while Instant::now() < end {
                let page = survey.draw(&mut random);
                answers.push(ask(&client, page, Instant::now()).await);
            }
            answers
        });
    }
    let mut answers = Vec::new();
    while let Some(of_reader) = readers.join_next().await {
        answers.extend(of_reader.context("a reader broke off")?);
    }
    Ok(summary(survey, &answers, start.elapsed()))
}

async fn open_loop(
    clients: &[Client],
    survey: &Survey,
    rate: u64,
    seconds: u64,
) -> anyhow::Result<Phase> {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut ticks = tokio::time::interval(Duration::from_nanos(1_000_000_000 / rate));
    // What is late is asked for at once: a server that is slow does not slow its readers.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let start = Instant::now();
    let mut asked = JoinSet::new();
    for number in 0..rate * seconds {
        let due = ticks.tick().await.into_std();
        let client = clients[usize::try_from(number)? % clients.len()].clone();
        let page = survey.draw(&mut random);
        asked.spawn(async move { ask(&client, page, due).await });
    }
    let mut answers = Vec::new();
    while let Some(answer) = asked.join_next().await {
        answers.push(answer.context("a request broke off")?);
    }
    Ok(summary(survey, &answers, start.elapsed()))
}

fn summary(survey: &Survey, answers: &[Answer], took: Duration) -> Phase {
    let latency = |kind: Option<usize>| {
        let of_kind = answers.iter().filter(|answer| kind.is_none_or(|kind| answer.kind == kind));
        let answered = of_kind.filter(|answer| answer.status.is_some());
        Latency::of(answered.map(|answer| answer.took).collect())
    };
    let mut phase = Phase { latency: latency(None), ..Phase::default() };
    for answer in answers {
        let kind = phase.kinds.entry(survey.kinds()[answer.kind].name.clone()).or_default();
        let status = answer.status.map_or("none".to_owned(), |status| status.to_string());
        *kind.statuses.entry(status).or_default() += 1;
        kind.sent_bytes_max = kind.sent_bytes_max.max(answer.sent_bytes);
        phase.answered += u64::from(answer.status.is_some());
        phase.failed += u64::from(answer.status.is_none_or(|status| status >= 500));
    }
    for (number, kind) in survey.kinds().iter().enumerate() {
        if let Some(times) = phase.kinds.get_mut(&kind.name) {
            times.latency = latency(Some(number));
        }
    }
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    phase.answered_per_second = phase.answered * 1_000 / milliseconds;
    phase
}
