//! When a process has ended.

use std::process::Command;
use std::time::{Duration, Instant};

use minglian_testnet::process;

use crate::outside::python;

const LIMIT: Duration = Duration::from_secs(30);

/// Its first thread ends at once, another one goes on.
const OTHER_THREAD: &str = "
import ctypes, threading, time
threading.Thread(target=lambda: time.sleep(2)).start()
ctypes.CDLL(None).pthread_exit(None)
";

#[test]
fn a_process_runs_until_its_last_thread_has_ended() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name| directory.path().join(name);
    let mut command = Command::new(python());
    command.args(["-c", OTHER_THREAD]);
    let process = process::start(&mut command, &file("log"), &file("pid")).unwrap();
    let state_of_first = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid)).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
    };
    let deadline = Instant::now() + LIMIT;
    while state_of_first() != 'Z' {
        assert!(Instant::now() < deadline, "its first thread does not end");
    }
    assert!(process.is_running(), "the other thread still sleeps");
    process.wait(LIMIT).unwrap();
    assert!(!process.is_running());
}
