//! Complaints whose senders were told that they are on their way: none is erased before the nodes
//! have its text.

use minglian_client::Client;
use minglian_contracts::refusal::Code;
use minglian_explorer::window::{Limits, Window};
use minglian_ledger::keys::PublicKey;
use reqwest::StatusCode;

use super::{Place, TEXT, post};
use crate::chain::secret_key;
use crate::live::Live;
use crate::story;

impl Place {
    /// A complaint that the node has no room for at first; its ticket.
    async fn promise(&self) -> String {
        self.live.lock().unwrap().refusal = Some("pool_full");
        let ticket = self.draft("record:3").await;
        let (status, page) = self.send("record:3", TEXT, &ticket).await;
        assert!(status == StatusCode::OK && page.contains("正在送交账本"), "{page}");
        self.live.lock().unwrap().refusal = None;
        ticket
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.spool.path().join("spool")).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn submitted(&self) -> usize {
        self.live.lock().unwrap().asked["submit"]
    }
}

#[tokio::test]
async fn a_promised_complaint_outlives_the_key_that_signed_it() {
    let (live, site, node) = Live::with_site(story::told()).await;
    let place = Place::of(live, site, &node, Limits::default(), "a key of yesterday");
    let ticket = place.promise().await;
    place.live.lock().unwrap().revoked = Some(PublicKey::of(&secret_key("a key of yesterday")));
    for _ in 0..2 {
        place.window.send_again().await;
        assert_eq!(place.spooled(), 1, "what was promised is kept");
    }
    assert!(place.look_up(&ticket).await.contains("正在送交账本"));

    // Started again with a key of today, the window signs act and deposit anew.
    let spool = place.spool.path().join("spool");
    let client = Client::new(&node).unwrap();
    let today = Window::open(post(spool, Limits::default()), client).unwrap();
    today.send_again().await;
    assert_eq!(place.spooled(), 0);
    {
        let live = place.live.lock().unwrap();
        let [held] = live.openings.as_slice() else { panic!("{}", live.openings.len()) };
        assert_eq!(held.key, PublicKey::of(&secret_key("civil.maker")));
        assert!(held.text.starts_with(TEXT));
    }
    assert!(place.look_up(&ticket).await.contains("等待第二位经办人复核"));
}

#[tokio::test]
async fn what_the_rules_refuse_after_a_promise_is_kept_aside_and_its_ticket_says_so() {
    let place = Place::open(Limits::default()).await;
    let ticket = place.promise().await;
    place.live.lock().unwrap().ruling = Some(Code::OrganizationUnknown.number());
    place.window.send_again().await;
    let files = place.files();
    assert!(files.len() == 1 && files[0].starts_with("refused-"), "{files:?}");
    let page = place.look_up(&ticket).await;
    assert!(page.contains("账本的规则没有接受"), "{page}");
    // Nothing sends it any more, and the same form is the same complaint still.
    let submitted = place.submitted();
    place.window.send_again().await;
    assert_eq!(place.send("record:3", TEXT, &ticket).await.0, StatusCode::OK);
    assert_eq!((place.submitted(), place.files()), (submitted, files));

    // Whoever waits for the answer learns of it, and nothing is kept.
    let draft = place.draft("record:3").await;
    let (status, page) = place.send("record:3", TEXT, &draft).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("规则的中文") && page.contains("暖气"), "{page}");
    assert_eq!(place.spooled(), 1);
}

#[tokio::test]
async fn too_many_that_are_kept_aside_leave_the_next_where_it_is() {
    let place = Place::open(Limits::default()).await;
    place.promise().await;
    let spool = place.spool.path().join("spool");
    for number in 0..256 {
        std::fs::write(spool.join(format!("refused-{number}")), "").unwrap();
    }
    place.live.lock().unwrap().ruling = Some(Code::OrganizationUnknown.number());
    place.window.send_again().await;
    let waiting = place.files().iter().filter(|name| !name.starts_with("refused-")).count();
    assert_eq!((waiting, place.spooled()), (1, 257));
}

#[tokio::test]
async fn a_reference_that_an_earlier_signature_took_is_the_complaint_itself() {
    let place = Place::open(Limits::default()).await;
    place.promise().await;
    place.live.lock().unwrap().ruling = Some(Code::ReferenceTaken.number());
    place.window.send_again().await;
    assert_eq!((place.spooled(), place.live.lock().unwrap().openings.len()), (0, 1));
}
