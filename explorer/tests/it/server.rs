//! A PostgreSQL server of a test's own, which ends with it.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use minglian_explorer::database::place::Place;
use tempfile::TempDir;

/// Who runs the server if the test is run by root, which PostgreSQL refuses: nobody.
const NOBODY: u32 = 65_534;

/// Where Debian puts its servers, by their version.
const SERVERS: &str = "/usr/lib/postgresql";

pub struct Server {
    directory: TempDir,
    binaries: PathBuf,
    postmaster: Child,
}

impl Server {
    pub fn start() -> Self {
        let binaries = binaries();
        let directory = tempfile::tempdir().unwrap();
        if is_root() {
            chown(directory.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        // A language's own order, so that whatever is not ordered by bytes shows.
        let mut made = command(&binaries, "initdb", directory.path());
        made.args(["-D", "data", "-U", "explorer", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        made.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh"]);
        succeed(&mut made);
        let postmaster = run(&binaries, directory.path());
        let server = Self { directory, binaries, postmaster };
        server.await_answers();
        server
    }

    /// A new database of the user who owns the server.
    pub fn database(&self, name: &str) -> Place {
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        self.place("explorer", name)
    }

    pub fn place(&self, user: &str, database: &str) -> Place {
        let socket = self.directory.path().display();
        format!("postgres://{user}@localhost/{database}?host={socket}").parse().unwrap()
    }

    /// What a statement answers, as psql prints it.
    pub fn query(&self, database: &str, statement: &str) -> String {
        let mut psql = self.client("psql");
        psql.args(["-d", database, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]);
        succeed(&mut psql).trim().to_owned()
    }

    /// Everything that the server has written.
    pub fn files(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Ends the server as if its machine lost power, and starts it again.
    pub fn restart(&mut self) {
        self.stop("immediate");
        self.postmaster = run(&self.binaries, self.directory.path());
        self.await_answers();
    }

    /// Ends the server: `fast` writes everything to its files first, `immediate` does not.
    pub fn stop(&mut self, mode: &str) {
        let mut stop = command(&self.binaries, "pg_ctl", self.directory.path());
        succeed(stop.args(["stop", "-D", "data", "-s", "-m", mode]));
        self.postmaster.wait().unwrap();
    }

    fn client(&self, name: &str) -> Command {
        let mut client = command(&self.binaries, name, self.directory.path());
        client.arg("-h").arg(self.directory.path()).args(["-U", "explorer"]);
        // Triggers name tables as the explorer's sessions find them.
        client.env("PGOPTIONS", "-c search_path=main,pg_catalog");
        client
    }

    fn await_answers(&self) {
        for _ in 0..600 {
            let mut ready = self.client("pg_isready");
            if ready.args(["-q", "-d", "postgres"]).status().unwrap().success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("PostgreSQL does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.postmaster.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.stop("immediate");
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.path().join("log"));
            eprintln!("PostgreSQL says: {}", log.unwrap_or_default());
        }
    }
}

/// The newest server on this machine.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir(SERVERS).into_iter().flatten().flatten();
    let paths = versions.map(|version| version.path().join("bin"));
    let found = paths.filter(|path| path.join("initdb").exists()).max();
    found.expect("no PostgreSQL here: `make test` installs Debian's package postgresql")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn command(binaries: &Path, name: &str, directory: &Path) -> Command {
    let mut command = Command::new(binaries.join(name));
    command.current_dir(directory).env("HOME", directory).env_remove("PGPASSWORD");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn run(binaries: &Path, directory: &Path) -> Child {
    let log =
        std::fs::File::options().create(true).append(true).open(directory.join("log")).unwrap();
    let mut postgres = command(binaries, "postgres", directory);
    postgres.args(["-D", "data", "-c", "listen_addresses=", "-c", "fsync=off", "-k"]);
    postgres.arg(directory).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
