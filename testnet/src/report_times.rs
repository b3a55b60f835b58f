//! How long each report takes once it is warm, and how many bytes a record costs: prints JSON, so
//! that ledgers of different lengths can be compared.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use minglian_client::Client;
use minglian_client::read::Paging;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Serialize;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::load;
use crate::measure::{self, Latency};
use crate::sizes::{self, SizeReport};

/// How often each is asked while it warms up.
const WARM_UP: usize = 3;

/// How many records are looked at for the size of a transaction.
const SAMPLED_RECORDS: u64 = 200;

/// The reports.
pub const REPORTS: [&str; 11] = [
    "execution",
    "carry-over",
    "documents",
    "notice",
    "holding",
    "findings",
    "charity",
    "charity-ratios",
    "declared",
    "working-paper",
    "shares",
];

/// What one report took.
#[derive(Debug, Clone, Serialize)]
pub struct ReportTime {
    /// What was asked.
    pub query: String,
    /// From the request to the last byte of a page.
    pub latency: Option<Latency>,
    /// Rows of the page.
    pub rows: usize,
    /// Bytes of the page.
    pub bytes: usize,
    /// Whether every check on it holds; none where that is known only once all pages are added.
    pub holds: Option<bool>,
    /// Whether further pages follow.
    pub has_more: bool,
    /// Why there is no page, e.g. `too_large`.
    pub refused: Option<String>,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct ReportTimes {
    /// The sources.
    pub commit: Option<String>,
    /// Processors of this machine.
    pub processors: usize,
    /// Load averages before and after.
    pub load_average: [Option<String>; 2],
    /// Records in the log.
    pub transactions: u64,
    /// How often each report was asked.
    pub requests: usize,
    /// By report.
    pub reports: BTreeMap<String, ReportTime>,
    /// Bytes on the disk of one node.
    pub disk_bytes: u64,
    /// Of these, for one record.
    pub disk_bytes_per_record: u64,
    /// Bytes of a transaction as signed, on an average of records.
    pub transaction_bytes_per_record: u64,
    /// What state and log take in the node's database, where it was asked for.
    pub sizes: Option<SizeReport>,
}

/// Times all reports at one node, each `requests` times; what its database holds on demand.
pub async fn run(
    cluster: &Cluster,
    requests: usize,
    with_sizes: bool,
) -> anyhow::Result<ReportTimes> {
    let load_before = measure::load_average();
    let node = *cluster.running().first().context("no node runs")?;
    let client = cluster.client(node)?;
    let asked = Asked::find(&client).await?;
    let mut reports = BTreeMap::new();
    for name in REPORTS {
        let time = time(&client, name, &asked.query(name), requests.max(1)).await?;
        reports.insert(name.to_owned(), time);
    }
    let load_after = measure::load_average();
    let transactions = load::records(&client).await?;
    let data = cluster.directory().data(node);
    let disk_bytes = measure::disk_bytes(&data)?;
    let sizes = if with_sizes { Some(sizes::run(&data)?) } else { None };
    Ok(ReportTimes {
        commit: measure::commit(),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        load_average: [load_before, load_after],
        transactions,
        requests,
        reports,
        disk_bytes,
        disk_bytes_per_record: disk_bytes / transactions.max(1),
        transaction_bytes_per_record: transaction_bytes(&client).await?,
        sizes,
    })
}

/// What is asked: of what is on the ledger, the parts that grow with it.
struct Asked {
    unit: Option<OrganizationCode>,
    charity: Option<OrganizationCode>,
    publication: Option<(OrganizationCode, String)>,
    year: u16,
    record: u64,
}

impl Asked {
    async fn find(client: &Client) -> anyhow::Result<Self> {
        let header = client.latest_header().await?.header;
        let date = minglian_ledger::date::beijing_date(header.time_ms)?;
        let (mut unit, mut charity) = (None, None);
        let mut paging = Paging::default();
        loop {
            let page = client.organizations(&paging).await?;
            for found in &page.items {
                let kind = found.organization["kind"].as_str().unwrap_or_default();
                let name = found.organization["name"].as_str().unwrap_or_default();
                // A county's unit and charity get a share of every lot.
                let place = match kind {
                    "project_unit" if name.contains("养老服务中心") => &mut unit,
                    "charity" if name.contains("慈善协会") => &mut charity,
                    _ => continue,
                };
                place.get_or_insert(found.code);
            }
            paging.after = page.next;
            if paging.after.is_none() {
                break;
            }
        }
        let publication = publication(client).await?;
        let record = header.log_size / 2;
        Ok(Self { unit, charity, publication, year: date.year(), record })
    }

    fn query(&self, name: &str) -> Vec<(&'static str, String)> {
        let holder = |code: &Option<OrganizationCode>| {
            code.map(|code| ("holder", code.to_string())).into_iter().collect::<Vec<_>>()
        };
        match name {
            "holding" | "findings" | "shares" => holder(&self.unit),
            "charity" => holder(&self.charity),
            "charity-ratios" => {
                let mut query = holder(&self.charity);
                query.push(("year", self.year.to_string()));
                query
            }
            "declared" => {
                let publication = self.publication.iter();
                publication
                    .flat_map(|(code, index_number)| {
                        [("holder", code.to_string()), ("publication", index_number.clone())]
                    })
                    .collect()
            }
            "working-paper" => vec![("records", self.record.to_string())],
            _ => Vec::new(),
        }
    }
}

/// The first publication that prints figures.
async fn publication(client: &Client) -> anyhow::Result<Option<(OrganizationCode, String)>> {
    let mut paging = Paging::default();
    loop {
        let page = client.disclosures(&paging).await?;
        for item in page.items {
            let figures = item.publication["figures"].as_array().map_or(0, Vec::len);
            let number = item.publication["metadata"]["index_number"].as_str();
            if let Some(number) = number.filter(|_| figures > 0) {
                return Ok(Some((item.organization, number.to_owned())));
            }
        }
        paging.after = page.next;
        if paging.after.is_none() {
            return Ok(None);
        }
    }
}

/// Bytes of transactions as they stand in the log, on an average of records over its whole length.
async fn transaction_bytes(client: &Client) -> anyhow::Result<u64> {
    let log_size = client.latest_header().await?.header.log_size;
    let (mut bytes, mut found) = (0, 0);
    for number in 0..SAMPLED_RECORDS {
        // A position may be a block's closing leaf, which is no record.
        let index = LogIndex(log_size * number / SAMPLED_RECORDS);
        if let Ok(record) = client.record(index).await {
            bytes += record.transaction().encode().len() as u64;
            found += 1;
        }
    }
    Ok(bytes / found.max(1))
}

async fn time(
    client: &Client,
    name: &str,
    query: &[(&'static str, String)],
    requests: usize,
) -> anyhow::Result<ReportTime> {
    let path = format!("/v1/reports/{name}");
    let shown = query.iter().map(|(key, value)| format!("{key}={value}"));
    let mut time = ReportTime {
        query: shown.collect::<Vec<_>>().join("&"),
        latency: None,
        rows: 0,
        bytes: 0,
        holds: None,
        has_more: false,
        refused: None,
    };
    let mut taken: Vec<Duration> = Vec::with_capacity(requests);
    for number in 0..requests + WARM_UP {
        let start = Instant::now();
        let page = match client.json::<Value>(&path, query).await {
            Ok(page) => page,
            Err(error) if number == 0 => {
                time.refused = Some(error.to_string());
                return Ok(time);
            }
            Err(error) => bail!("{name}: {error}"),
        };
        if number >= WARM_UP {
            taken.push(start.elapsed());
        }
        read(&mut time, &page);
    }
    time.latency = Latency::of(taken);
    Ok(time)
}

fn read(time: &mut ReportTime, page: &Value) {
    time.rows = page["rows"].as_array().map_or(0, Vec::len);
    time.bytes = page.to_string().len();
    time.has_more = !page["next"].is_null();
    let checks = page["reconciliation"].as_array().cloned().unwrap_or_default();
    let known: Vec<bool> = checks.iter().filter_map(|check| check["holds"].as_bool()).collect();
    time.holds = (!known.is_empty()).then(|| known.iter().all(|holds| *holds));
}
