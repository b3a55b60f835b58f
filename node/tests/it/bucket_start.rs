//! A bucket that cannot be used is named when the node starts, with what to do, and no secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use minglian_node::attachments::Keeper;
use minglian_node::config::{AttachmentSettings, BucketSettings, Config};
use tokio::net::TcpListener;

use crate::rpc_world::World;
use crate::s3_server::{ACCESS_KEY_ID, S3Server, SECRET, write_credentials};

/// What a node says that starts with such a bucket, for its log and for a programmer.
async fn says(world: &World, directory: &Path, s3: &BucketSettings) -> String {
    let settings = AttachmentSettings {
        directory: directory.join("attachments"),
        s3: Some(s3.clone()),
        ..AttachmentSettings::default()
    };
    let openings = directory.join("openings");
    let opened = Keeper::open(settings, &openings, world.chain.clone(), "peer0").await;
    let error = opened.map(|_| ()).unwrap_err();
    let said = format!("{error} {error:?}");
    for secret in [SECRET, "WRONG-SECRET", "SIGNED-TEXT", ACCESS_KEY_ID] {
        assert!(!said.contains(secret), "{said}");
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_from_a_wrong_secret() {
    let (world, store) = (World::start().await, S3Server::start().await);
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let settings = store.settings(directory);
    write_credentials(directory, ACCESS_KEY_ID, "WRONG-SECRET");
    let said = says(&world, directory, &settings).await;
    assert!(said.contains("SignatureDoesNotMatch: correct secret_access_key"), "{said}");
    write_credentials(directory, "AKIDOTHER", SECRET);
    let said = says(&world, directory, &settings).await;
    assert!(said.contains("InvalidAccessKeyId: correct access_key_id"), "{said}");
    assert!(store.contents().objects.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_or_not_there_is_named() {
    let (world, store) = (World::start().await, S3Server::start().await);
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let good = store.settings(directory);
    // A port on which nobody listens any more.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let away = BucketSettings { endpoint: format!("http://{closed}"), ..good.clone() };
    let said = says(&world, directory, &away).await;
    assert!(said.contains("cannot be reached") && said.contains("check `endpoint`"), "{said}");
    let other = BucketSettings { bucket: "another".to_owned(), ..good.clone() };
    let said = says(&world, directory, &other).await;
    assert!(said.contains("NoSuchBucket: make the bucket"), "{said}");
    store.contents().refuse("", "", 503, "SlowDown");
    let said = says(&world, directory, &good).await;
    assert!(said.contains("SlowDown"), "{said}");
    // Asked without TLS, it does not answer as TLS does.
    let encrypted = good.endpoint.replace("http://", "https://");
    let said = says(&world, directory, &BucketSettings { endpoint: encrypted, ..good }).await;
    assert!(said.contains("cannot be reached") || said.contains("ca-certificates"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_keeps_what_is_deleted_is_refused() {
    let (world, store) = (World::start().await, S3Server::start().await);
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let settings = store.settings(directory);
    store.contents().keeps_versions = true;
    let said = says(&world, directory, &settings).await;
    assert!(said.contains("turn versioning off"), "{said}");
    store.contents().keeps_versions = false;
    store.contents().keeps_deleted = true;
    let said = says(&world, directory, &settings).await;
    assert!(said.contains("keeps what was deleted"), "{said}");
    // A key that may not list is not told what is missing.
    store.contents().refuse("HEAD", "", 403, "AccessDenied");
    let said = says(&world, directory, &settings).await;
    assert!(said.contains("give the key the rights to get, put, delete and list"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credentials_file_that_others_read_or_that_holds_something_else_is_refused() {
    let (world, store) = (World::start().await, S3Server::start().await);
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let settings = store.settings(directory);
    let file = &settings.credentials_file;
    fs::set_permissions(file, fs::Permissions::from_mode(0o640)).unwrap();
    let said = says(&world, directory, &settings).await;
    assert!(said.contains("0640") && said.contains("chmod 600"), "{said}");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    for text in [
        format!("access_key_id = \"{ACCESS_KEY_ID}\"\n"),
        format!("access_key_id = \"a\"\nsecret_access_key = {SECRET}\n"),
        format!("access_key_id = \"a\"\nsecret_access_key = \"b\"\ntoken = \"{SECRET}\"\n"),
        format!("access_key_id = \"a\"\n{SECRET} = \"b\"\n"),
        format!("access_key_id = \"a\"\nsecret_access_key = \"{SECRET}\\n\"\n"),
        "access_key_id = \"a\"\nsecret_access_key = \"\"\n".to_owned(),
    ] {
        fs::write(file, text).unwrap();
        let said = says(&world, directory, &settings).await;
        assert!(said.contains("two lines, access_key_id"), "{said}");
    }
    fs::remove_file(file).unwrap();
    let said = says(&world, directory, &settings).await;
    assert!(said.contains("s3.toml"), "{said}");
}

/// Reads a configuration with these lines about a bucket.
fn read(lines: &str) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("node.toml");
    let text = format!(
        "name = \"node\"\ndata_directory = \"data\"\ngenesis = \"genesis.json\"\n\
         http_address = \"127.0.0.1:26800\"\n\
         [consensus]\nlisten = \"/ip4/127.0.0.1/tcp/27000\"\n\
         [gossip]\nlisten = \"/ip4/127.0.0.1/tcp/27100\"\n\
         [keys]\npeer = \"peer.key\"\n[attachments.s3]\n{lines}"
    );
    fs::write(&path, text).unwrap();
    let config = Config::read(&path).map_err(|error| error.to_string())?;
    let s3 = config.attachments.s3.as_ref().unwrap();
    assert_eq!(s3.credentials_file, directory.path().join("s3.toml"), "beside the configuration");
    Ok(config)
}

const REST: &str = "bucket = \"b-1\"\nregion = \"cn-east-1\"\ncredentials_file = \"s3.toml\"\n";

#[test]
fn a_bucket_is_spoken_to_over_tls_unless_it_is_on_this_machine() {
    for endpoint in [
        "https://s3.example.cn",
        "https://10.0.0.9:9000/",
        "http://127.0.0.1:9000",
        "http://localhost:9000",
        "http://[::1]:9000",
    ] {
        let config = read(&format!("endpoint = \"{endpoint}\"\n{REST}")).unwrap();
        let s3 = config.attachments.s3.unwrap();
        assert_eq!(s3.address(), endpoint.trim_end_matches('/'));
        assert_eq!(s3.is_encrypted(), endpoint.starts_with("https"));
    }
    for endpoint in [
        "http://s3.example.cn",
        "http://10.0.0.9:9000",
        "http://127.0.0.1.example.cn",
        "http://localhost.example.cn",
        "ftp://127.0.0.1",
        "s3.example.cn",
        "https://",
        "https://id:PASSWORD@s3.example.cn",
        "https://s3.example.cn/bucket",
        "https://s3.example.cn/?a=PASSWORD",
        "",
    ] {
        let refused = read(&format!("endpoint = \"{endpoint}\"\n{REST}")).unwrap_err();
        assert!(refused.contains("[attachments.s3]: endpoint"), "{endpoint}: {refused}");
        assert!(!refused.contains("PASSWORD"), "{refused}");
    }
}

#[test]
fn settings_of_a_bucket_are_all_known() {
    let good = format!("endpoint = \"https://s3.example.cn\"\n{REST}");
    let hosted = read(&format!("{good}prefix = \"a/b_2\"\nvirtual_host = true\n")).unwrap();
    let s3 = hosted.attachments.s3.unwrap();
    assert_eq!(s3.address(), "https://b-1.s3.example.cn");
    for (line, says) in [
        ("virtual_hosts = true", "virtual_hosts"),
        ("secret_access_key = \"a\"", "secret_access_key"),
        ("prefix = \"/a\"", "prefix"),
        ("prefix = \"a//b\"", "prefix"),
        ("prefix = \"../a\"", "prefix"),
        ("prefix = \"a?b\"", "prefix"),
    ] {
        let refused = read(&format!("{good}{line}\n")).unwrap_err();
        assert!(refused.contains(says), "{refused}");
    }
    let bucket = good.replace("b-1", "b/1");
    assert!(read(&bucket).unwrap_err().contains("bucket and region"));
    assert!(read("bucket = \"b\"\n").unwrap_err().contains("endpoint"), "none is left out");
}
