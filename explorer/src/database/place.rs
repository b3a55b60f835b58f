//! Where the index lies, as the command line says it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;

/// What stands before the address of a server.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// What may stand behind the `?` of an address. Anything else might be a password that is misspelt,
/// and sqlx writes to the log what it does not know.
const PARAMETERS: [&str; 8] =
    ["dbname", "host", "port", "sslcert", "sslkey", "sslmode", "sslrootcert", "user"];

/// Where the index lies.
#[derive(Debug, Clone)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database.
    Server(Address),
}

/// Why an address is not taken. It does not hold the address, which may have a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A password stands in it.
    #[error(
        "a password on the command line can be read by everybody on the machine: leave it out, \
         and give it in the environment variable PGPASSWORD or in ~/.pgpass"
    )]
    Password,
    /// It does not read.
    #[error("no address of a PostgreSQL database, such as postgres://explorer@host:5432/minglian")]
    Unreadable,
}

/// The address of a PostgreSQL database. Nothing that is written of it holds its password.
#[derive(Clone)]
pub struct Address(Arc<PgConnectOptions>);

impl Address {
    /// What a connection needs.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.0.get_database().unwrap_or(self.0.get_username());
        let (user, host) = (self.0.get_username(), self.0.get_host());
        write!(out, "postgres://{user}@{host}:{}/{database}", self.0.get_port())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let authority = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
        let authority = authority.ok_or(AddressError::Unreadable)?;
        let (authority, query) = authority.split_once('?').unwrap_or((authority, ""));
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        let mut names = query.split('&').filter_map(|part| part.split('=').next());
        if user.contains(':') || query.contains("password=") {
            return Err(AddressError::Password);
        }
        if names.any(|name| !name.is_empty() && !PARAMETERS.contains(&name)) {
            return Err(AddressError::Unreadable);
        }
        let options = PgConnectOptions::from_str(text).map_err(|_| AddressError::Unreadable)?;
        Ok(Self(Arc::new(options)))
    }
}

impl FromStr for Place {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            true => Ok(Self::Server(text.parse()?)),
            false => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Server(address) => write!(out, "{address}"),
        }
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Place> for Place {
    fn from(place: &Place) -> Self {
        place.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError, Arc, PgConnectOptions, Place};

    #[test]
    fn no_address_holds_a_password_or_says_one() {
        for with_password in [
            "postgres://explorer:geheim@db.example/minglian",
            "postgresql://explorer:@db.example/minglian",
            "postgres://db.example/minglian?user=explorer&password=geheim",
        ] {
            let refused = with_password.parse::<Place>().unwrap_err();
            assert_eq!(refused, AddressError::Password);
            assert!(!refused.to_string().contains("geheim"));
        }
        for misspelt in [
            "postgres://db.example/minglian?pasword=geheim",
            "postgres://db.example/minglian?p%61ssword=geheim",
            "postgres://[db/minglian",
        ] {
            assert_eq!(misspelt.parse::<Place>().unwrap_err(), AddressError::Unreadable);
        }
        let options = PgConnectOptions::new_without_pgpass().username("e").password("geheim");
        let address = Address(Arc::new(options));
        let said = format!("{address} {address:?} {:?}", Place::Server(address.clone()));
        assert!(!said.contains("geheim"), "{said}");
    }

    #[test]
    fn what_begins_as_an_address_is_a_server_and_all_else_a_file() {
        let server: Place = "postgres://explorer@db.example:6543/minglian".parse().unwrap();
        assert_eq!(server.to_string(), "postgres://explorer@db.example:6543/minglian");
        assert!(matches!("minglian.sqlite".parse(), Ok(Place::File(path)) if path.is_relative()));
    }
}
