//! The code on a receipt: how it is read, and what a node says to whoever asks with its hash.

use minglian_client::wire::GiftTraceRequest;
use minglian_contracts::charity::donation::receipt_code;
use minglian_ledger::hash::Commitment;
use minglian_node::desk::sheet::cells::ReceiptCode;
use reqwest::StatusCode;

use crate::rpc_world::World;

const CODE: [u8; 16] = [0xab; 16];
const SALT: [u8; 16] = [0x01; 16];

#[test]
fn a_code_is_read_as_receipts_print_it() {
    let receipt = ReceiptCode { code: CODE, salt: SALT };
    let printed = receipt.printed();
    assert!(printed.starts_with("abab-abab-") && printed.ends_with("-0101"), "{printed}");
    let in_columns = format!("{},{}\n", "AB".repeat(16), "01".repeat(16));
    for typed in [printed.as_str(), &in_columns, &format!(" {} ", printed.replace('0', "０"))] {
        let read = ReceiptCode::read(typed).unwrap();
        assert_eq!(read.hash(), receipt_code(&SALT, &CODE), "{typed}");
    }
    for typed in ["", "abab", &"ab".repeat(33), &"zz".repeat(32)] {
        let refused = ReceiptCode::read(typed).err().unwrap();
        assert!(typed.is_empty() || !refused.to_string().contains(typed));
    }
    assert!(ReceiptCode::random().hash() != ReceiptCode::random().hash());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_no_receipt_has_leads_nowhere_and_is_not_repeated() {
    let world = World::start().await;
    let code_hash = Commitment::of(&[b"no gift"]);
    let request = GiftTraceRequest { code_hash, charity: None, after: None, limit: None };
    let refused = world.client.gift_trace(&request).await.unwrap_err();
    assert!(refused.is_vacant(), "{refused}");
    assert!(!refused.to_string().contains(&code_hash.to_string()));
    // Somebody sends the code itself: the answer says nothing of it.
    let url = format!("{}/v1/gifts/trace", world.address);
    let sent = "{\"code\": \"abab-abab\"}";
    let answer = reqwest::Client::new().post(&url).body(sent).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(!answer.text().await.unwrap().contains("abab"));
    let large = vec![b' '; 64 * 1024];
    let answer = reqwest::Client::new().post(&url).body(large).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    world.stop().await;
}
