//! Complaints by anybody, from the form to the answer, over HTTP.

mod counted;
mod promised;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use minglian_client::Client;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::oversight;
use minglian_contracts::oversight::complaint::{
    Answer as ComplaintAnswer, COMPLAINTS, ComplaintName, Outcome as Found,
};
use minglian_explorer::window::ticket::Ticket;
use minglian_explorer::window::{Limits, Post, Window};
use minglian_ledger::date::beijing_date;
use minglian_ledger::deposit::Class;
use minglian_ledger::hash::{Commitment, TransactionId};
use reqwest::StatusCode;
use tempfile::TempDir;

use crate::chain::{code, secret_key};
use crate::live::{Live, Shared};
use crate::site::Site;
use crate::story;

const TEXT: &str = "敬老院的暖气没有装,账上已经付了款 <script>alert(417)</script>";

/// A site with a window of 泸县民政局, and its node.
pub struct Place {
    live: Shared,
    pub site: Site,
    window: Arc<Window>,
    spool: TempDir,
}

impl Place {
    pub async fn open(limits: Limits) -> Self {
        let (live, site, node) = Live::with_site(story::told()).await;
        Self::at(live, site, &node, limits)
    }

    fn at(live: Shared, site: Site, node: &str, limits: Limits) -> Self {
        Self::of(live, site, node, limits, "civil.maker")
    }

    fn of(live: Shared, site: Site, node: &str, limits: Limits, maker: &str) -> Self {
        let spool = tempfile::tempdir().unwrap();
        let client = Client::new(node).unwrap();
        let post = Post { key: secret_key(maker), ..post(spool.path().join("spool"), limits) };
        let window = Window::open(post, client).unwrap();
        site.app.open_window(Arc::clone(&window));
        Self { live, site, window, spool }
    }

    /// The ticket in the draft of a fresh form.
    async fn draft(&self, about: &str) -> String {
        let page = self.site.get(&format!("/complain?about={about}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(page.body.contains("<meta name=\"referrer\" content=\"same-origin\">"));
        let (_, rest) = page.body.split_once("name=\"draft\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    async fn send(&self, about: &str, text: &str, draft: &str) -> (StatusCode, String) {
        let fields = [("about", about), ("text", text), ("contact", ""), ("draft", draft)];
        self.post("/complain", &fields, &[("sec-fetch-site", "same-origin")]).await
    }

    async fn post(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> (StatusCode, String) {
        let encode = minglian_explorer::pages::escape;
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client
            .post(format!("{}{path}", self.site.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
        (status, response.text().await.unwrap())
    }

    async fn look_up(&self, ticket: &str) -> String {
        let (status, page) = self.post("/complain/ticket", &[("ticket", ticket)], &[]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!page.contains(ticket) && !page.contains("暖气"), "{page}");
        page
    }

    fn spooled(&self) -> usize {
        std::fs::read_dir(self.spool.path().join("spool")).unwrap().count()
    }

    fn name(&self, ticket: &str) -> ComplaintName {
        let complaint = Ticket::parse(ticket).unwrap().reference();
        ComplaintName { organization: code("civil"), complaint }
    }

    /// The last act that was sent.
    fn last(&self) -> TransactionId {
        self.live.lock().unwrap().chain.blocks.last().unwrap().block.transactions[0].id()
    }

    /// Every byte of the log and of the index.
    fn everything_kept(&self) -> Vec<u8> {
        let mut kept = self.live.lock().unwrap().chain.leaves.concat();
        let index = self.site.index();
        for end in ["", "-wal"] {
            kept.extend(std::fs::read(format!("{}{end}", index.display())).unwrap_or_default());
        }
        kept
    }
}

fn post(spool: PathBuf, limits: Limits) -> Post {
    let (organization, key) = (code("civil"), secret_key("civil.maker"));
    Post { organization, key, spool, limits }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_complaint_goes_from_the_form_to_the_ledger_and_its_ticket_to_the_answer() {
    let place = Place::open(Limits::default()).await;
    let form = place.site.get("/complain?about=record:3").await.body;
    for text in ["账目 3:2020年", "泸县财政局", "泸县民政局", "value=\"record:3\""] {
        assert!(form.contains(text), "{text}: {form}");
    }
    let ticket = place.draft("record:3").await;
    let (status, page) = place.send("record:3", TEXT, &ticket).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains(&format!("id=\"ticket\">{ticket}<")), "{page}");
    assert!(page.contains("等待第二位经办人复核"), "{page}");

    // The text is with the node under the commitment on the ledger, and nowhere else.
    {
        let live = place.live.lock().unwrap();
        assert_eq!(live.openings.len(), 1);
        let held = &live.openings[0];
        assert_eq!(held.text, format!("{TEXT}\n\n联系方式:未留"));
        assert_eq!(held.class, Class::Personal);
        assert!(holds(&live.chain.leaves.concat(), "诉-"));
        let leaves = live.chain.leaves.concat();
        assert!(leaves.windows(32).any(|window| window == held.commitment.0));
    }
    let kept = place.everything_kept();
    let digits: String = ticket.split(' ').collect();
    for hidden in ["暖气", "alert(417)", "未留", &ticket, &digits] {
        assert!(!holds(&kept, hidden), "{hidden}");
    }
    assert_eq!(place.spooled(), 0, "what is done is erased here");

    // The same form again is the same complaint.
    let submitted = place.live.lock().unwrap().asked["submit"];
    let (status, again) = place.send("record:3", "换了说法也不会再登记一次。", &ticket).await;
    assert!(status == StatusCode::OK && again.contains(&ticket), "{again}");
    assert_eq!(place.live.lock().unwrap().asked["submit"], submitted);

    let waiting = place.look_up(&ticket).await;
    assert!(waiting.contains("等待第二位经办人复核") && waiting.contains("待审批"), "{waiting}");
    let proposal = place.last();
    let approve = Call::Approval(approval::Call::Approve { proposal });
    place.live.lock().unwrap().alone("civil.checker", &approve);
    let name = place.name(&ticket);
    let entered = COMPLAINTS.get(&place.live.lock().unwrap().chain.state, &name).unwrap().unwrap();
    assert_eq!(entered.handler, code("civil"));
    assert_eq!(entered.respondent, code("finance"));
    let received = place.look_up(&ticket).await;
    assert!(received.contains("待受理") && received.contains("决定是否受理"), "{received}");

    let occurred_on = beijing_date(place.live.lock().unwrap().chain.header.time_ms).unwrap();
    let complaint = name.clone();
    let accept = oversight::Call::AcceptComplaint { complaint, occurred_on };
    let answer = oversight::Call::AnswerComplaint {
        complaint: name.clone(),
        outcome: Found::PartlyFounded,
        answer: ComplaintAnswer::Committed(Commitment::of(&[b"answer"])),
        occurred_on,
    };
    for step in [accept, answer] {
        place.live.lock().unwrap().act("civil", &Call::Oversight(step), &["checker"]);
    }
    let answered = place.look_up(&ticket).await;
    assert!(answered.contains("已答复") && answered.contains("部分属实"), "{answered}");
    let public = answered.split("href=\"/complaints/").nth(1).unwrap().split('"').next().unwrap();
    let public = place.site.get(&format!("/complaints/{public}")).await;
    assert!(public.status == StatusCode::OK && public.body.contains("部分属实"));
}

#[tokio::test]
async fn what_is_complained_about_decides_who_handles_it() {
    let place = Place::open(Limits::default()).await;
    let civil = format!("organization:{}", code("civil"));
    for (about, handler) in [
        (civil.as_str(), "泸县审计局"),
        ("record:3", "泸县民政局"),
        ("泸县财政局", "泸县民政局"),
        ("project:luxian_2020%234", "泸县民政局"),
    ] {
        let page = place.site.get(&format!("/complain?about={about}")).await.body;
        let (_, rest) = page.split_once("<dt>办理单位</dt>").unwrap();
        assert!(rest.split("</dd>").next().unwrap().contains(handler), "{about}: {page}");
    }
    let page = place.site.get("/en/complain?about=nobody").await.body;
    assert!(page.contains("name=\"about\" required") && page.contains("/en/complain/ticket"));
    for page in ["/entries/3", "/projects/luxian_2020%234"] {
        let links = place.site.get(page).await.body;
        let link =
            links.split("href=\"/complain?about=").nth(1).unwrap().split('"').next().unwrap();
        let form = place.site.get(&format!("/complain?about={link}")).await.body;
        assert!(form.contains("<dt>办理单位</dt>"), "{page}: {link}");
    }
}

#[tokio::test]
async fn a_form_that_is_not_taken_comes_back_whole_and_says_why() {
    let place = Place::open(Limits::default()).await;
    let ticket = place.draft("record:3").await;
    let cases = [
        ("record:3", "我的电话是 138 0013 8000,请联系我。", "手机号"),
        ("record:3", "身份证 34112219900101123X 的人冒领。", "身份证号"),
        ("record:3", "卡号 6222 0212 3456 7890 128 收的款。", "银行卡号"),
        ("record:3", "太短了", "至少十个字"),
        ("record:999999", TEXT, "找不到您要反映的对象"),
        ("record:3", "有一个控制字符\u{7}在这里面呢。", "控制字符"),
    ];
    for (about, text, said) in cases {
        let (status, page) = place.send(about, text, &ticket).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert!(page.contains(said) && page.contains("role=\"alert\""), "{text}: {page}");
        let kept = text.split(['<', '\u{7}']).next().unwrap();
        assert!(page.contains(kept), "{text} is lost: {page}");
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains(&ticket), "the draft stays: {page}");
    }
    let (status, page) = place.send("record:3", &"长".repeat(2_001), &ticket).await;
    assert!(status == 422 && page.contains("最多两千字"), "{page}");
    let (status, _) = place.send("record:3", TEXT, "no ticket").await;
    assert_eq!(status, 422);
    assert!(place.live.lock().unwrap().asked.is_empty(), "nothing was asked of the node");

    // Another site's form is not taken, whatever it says of itself.
    let fields = [("about", "record:3"), ("text", TEXT), ("draft", ticket.as_str())];
    let own = place.site.base.clone();
    let cases: [(&[(&str, &str)], u16); 6] = [
        (&[("sec-fetch-site", "cross-site"), ("origin", own.as_str())], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("origin", "http://elsewhere.example")], 403),
        (&[("origin", "null")], 403),
        (&[], 403),
        (&[("origin", own.as_str())], 200),
    ];
    for (headers, expected) in cases {
        let headers: Vec<(&'static str, &str)> = headers
            .iter()
            .map(|(name, value)| {
                (if *name == "origin" { "origin" } else { "sec-fetch-site" }, *value)
            })
            .collect();
        let (status, page) = place.post("/complain", &fields, &headers).await;
        assert_eq!(status, expected, "{headers:?}: {page}");
        assert!(expected == 200 || page.contains("暖气"), "{headers:?}: {page}");
    }
}

#[tokio::test]
async fn without_a_window_the_page_says_where_to_go() {
    let (_live, site, _) = Live::with_site(story::told()).await;
    let page = site.get("/complain?about=record:3").await;
    assert!(page.status == StatusCode::OK && page.body.contains("没有开通在线受理"));
    assert!(page.body.contains("12345") && !page.body.contains("<textarea"));
    let page = site.get("/en/complain").await.body;
    assert!(page.contains("relays no complaints"), "{page}");
}

#[tokio::test]
async fn a_node_that_is_down_loses_nothing() {
    let (live, site, _) = Live::with_site(story::told()).await;
    let place = Place::at(live, site, "http://127.0.0.1:9", Limits::default());
    let ticket = place.draft("record:3").await;
    let (status, page) = place.send("record:3", TEXT, &ticket).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("节点暂时连不上") && page.contains("敬老院的暖气没有装"), "{page}");
    assert_eq!(place.spooled(), 0, "nothing is kept of what is given back");
    assert!(place.look_up(&ticket).await.contains("没有这个回执码的举报"));
}

#[tokio::test]
async fn what_the_node_takes_later_is_kept_until_then() {
    let place = Place::open(Limits::default()).await;
    place.live.lock().unwrap().has_no_room = true;
    let ticket = place.draft("record:3").await;
    let (status, page) = place.send("record:3", TEXT, &ticket).await;
    assert!(status == StatusCode::OK && page.contains("正在送交账本"), "{page}");
    assert_eq!(place.spooled(), 1);
    place.live.lock().unwrap().has_no_room = false;
    // Started again, the explorer sends what is still there: the same act, once.
    let attending = tokio::spawn(Arc::clone(&place.window).attend());
    while place.spooled() != 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    attending.abort();
    assert_eq!(place.live.lock().unwrap().openings.len(), 1);
    assert!(place.look_up(&ticket).await.contains("等待第二位经办人复核"));

    // What the node will never take is given back.
    place.live.lock().unwrap().refusal = Some("unknown_key");
    let ticket = place.draft("record:3").await;
    let (status, page) = place.send("record:3", TEXT, &ticket).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("受理窗口暂时不能用") && page.contains("暖气"), "{page}");
    assert_eq!(place.spooled(), 0);
}

#[tokio::test]
async fn a_flood_stops_before_the_organisation_is_used_up() {
    let limits = Limits { client_max: 3, ..Limits::default() };
    let place = Place::open(limits).await;
    let mut tickets = BTreeSet::new();
    for number in 1..=4 {
        let ticket = place.draft("record:3").await;
        let (status, page) = place.send("record:3", TEXT, &ticket).await;
        let expected = if number <= 3 { 200 } else { 429 };
        assert_eq!(status, expected, "{number}: {page}");
        assert!(number <= 3 || page.contains("提交的太多") && page.contains("暖气"), "{page}");
        assert!(tickets.insert(ticket), "every form has a ticket of its own");
    }
    assert_eq!(place.live.lock().unwrap().openings.len(), 3);

    let limits = Limits { waiting_max: 1, ..Limits::default() };
    let place = Place::open(limits).await;
    for expected in [200, 503] {
        let ticket = place.draft("record:3").await;
        let (status, page) = place.send("record:3", TEXT, &ticket).await;
        assert_eq!(status, expected, "{page}");
    }
    // A checker who works makes room.
    let approve = Call::Approval(approval::Call::Approve { proposal: place.last() });
    place.live.lock().unwrap().alone("civil.checker", &approve);
    let ticket = place.draft("record:3").await;
    assert_eq!(place.send("record:3", TEXT, &ticket).await.0, 200);
}

#[tokio::test]
async fn a_ticket_that_was_stopped_says_by_whom_and_a_wrong_one_says_nothing() {
    let place = Place::open(Limits::default()).await;
    let ticket = place.draft("record:3").await;
    assert_eq!(place.send("record:3", TEXT, &ticket).await.0, 200);
    let opinion = Some(Commitment::of(&[b"reason"]));
    let reject = approval::Call::Reject { proposal: place.last(), opinion };
    place.live.lock().unwrap().alone("civil.checker", &Call::Approval(reject));
    let page = place.look_up(&ticket).await;
    assert!(page.contains("复核未通过") && page.contains("泸县民政局"), "{page}");
    let other = Ticket::draw().code();
    assert!(place.look_up(&other).await.contains("没有这个回执码的举报"));
    assert!(place.look_up("abc").await.contains("32 位"));
    assert_eq!(format!("{:?}", Ticket::draw()), "Ticket(hidden)");
}
