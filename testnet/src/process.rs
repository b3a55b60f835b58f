//! Processes that outlive the program that started them, and signals to them.
//!
//! A process is remembered by its number *and* the moment it started, so that no signal ever
//! reaches another process that was given the same number later.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};

/// How often a process is looked at while waiting for it.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Where `num_threads` stands among the fields that follow the name in `/proc/<pid>/stat`.
const THREADS_FIELD: usize = 17;

/// Where `start_time` stands there.
const START_TIME_FIELD: usize = 19;

/// A process, as remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in the kernel's ticks since boot.
    pub start_time: u64,
}

/// Signals that are sent here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Asks the process to end.
    Terminate,
    /// Ends it at once.
    Kill,
    /// Holds it.
    Stop,
    /// Lets it go on.
    Continue,
}

impl Signal {
    /// The signal with the number `number`, as `kill -l` counts on Linux.
    pub fn from_number(number: u8) -> anyhow::Result<Self> {
        Ok(match number {
            9 => Self::Kill,
            15 => Self::Terminate,
            18 => Self::Continue,
            19 => Self::Stop,
            other => bail!("signal {other} is not sent from here: 9, 15, 18 or 19"),
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }
}

/// Starts `command` on its own: its output is appended to `log`, its number written to `pid_file`.
pub fn start(command: &mut Command, log: &Path, pid_file: &Path) -> anyhow::Result<Process> {
    let open = || OpenOptions::new().create(true).append(true).open(log);
    let log_file = open().with_context(|| format!("opening {}", log.display()))?;
    let errors: File = log_file.try_clone()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(log_file)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting {command:?}"))?;
    let pid = child.id();
    let stat = read_stat(pid).with_context(|| format!("process {pid} is gone"))?;
    let start_time = stat.start_time;
    let process = Process { pid, start_time };
    fs::write(pid_file, serde_json::to_vec(&process)?)?;
    // Somebody has to take note of its end, or it stays in the kernel's table.
    std::thread::spawn(move || child.wait());
    Ok(process)
}

/// The process of a pid file, if it still runs.
pub fn running(pid_file: &Path) -> anyhow::Result<Option<Process>> {
    let bytes = match fs::read(pid_file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let process: Process = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} does not read", pid_file.display()))?;
    Ok(Some(process).filter(Process::is_running))
}

impl Process {
    /// Whether it still runs; one that is held runs.
    pub fn is_running(&self) -> bool {
        read_stat(self.pid)
            .is_some_and(|stat| stat.start_time == self.start_time && !stat.has_ended())
    }

    /// Whether it is held by a signal (SIGSTOP): it runs and does nothing.
    pub fn is_held(&self) -> bool {
        read_stat(self.pid).is_some_and(|stat| {
            stat.start_time == self.start_time && matches!(stat.state, 'T' | 't')
        })
    }

    /// Sends a signal; a process that is gone gets none.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        if !self.is_running() {
            return Ok(());
        }
        let command = format!("kill -s {} {}", signal.name(), self.pid);
        let status = Command::new("sh").args(["-c", &command]).stderr(Stdio::null()).status()?;
        ensure!(status.success() || !self.is_running(), "{command} failed: {status}");
        Ok(())
    }

    /// Waits until it has ended.
    pub fn wait(&self, limit: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + limit;
        while self.is_running() {
            ensure!(Instant::now() < deadline, "process {} does not end", self.pid);
            std::thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }

    /// Asks it to end, and ends it if it does not.
    pub fn stop(&self, limit: Duration) -> anyhow::Result<()> {
        self.signal(Signal::Continue)?;
        self.signal(Signal::Terminate)?;
        if self.wait(limit).is_err() {
            self.signal(Signal::Kill)?;
        }
        self.wait(limit)
    }

    /// Memory that it holds, in KiB.
    pub fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// Processor time that it has used, in hundredths of a second.
    pub fn processor_ticks(&self) -> Option<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(ticks(11)? + ticks(12)?)
    }
}

/// What the kernel tells of a process.
struct Stat {
    state: char,
    threads_count: u32,
    start_time: u64,
}

impl Stat {
    /// Whether nothing of it runs any more. The kernel shows the state of the first thread, which
    /// may be gone while another one still writes, and has files open and locked.
    fn has_ended(&self) -> bool {
        self.state == 'Z' && self.threads_count <= 1
    }
}

fn read_stat(pid: u32) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last bracket may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        threads_count: fields.get(THREADS_FIELD)?.parse().ok()?,
        start_time: fields.get(START_TIME_FIELD)?.parse().ok()?,
    })
}
