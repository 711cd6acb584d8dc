//! Reads addresses: sockets, URLs, databases, hosts. An address may hold a password, so no message here repeats one.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::{Host, Url};

use super::values::credential;
use super::{DatabaseUrl, Secret};

/// An address and a port.
pub(super) fn socket(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an IP address and a port are wanted, such as 127.0.0.1:8080 or 0.0.0.0:8080".to_owned())
}

/// An address under which others lie.
pub(super) fn base_url(text: &str) -> Result<Url, String> {
    const WANTED: &str = "an absolute address is wanted, such as https://rebound.example.com";
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return Err(WANTED.to_owned());
    }
    let mut url = Url::parse(text).map_err(|error| format!("{WANTED} ({error})"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{WANTED}, without user and password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{WANTED}, without ? and #"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Would requests to that address cross a network unencrypted?
pub(super) fn is_unencrypted(url: &Url) -> bool {
    url.scheme() == "http" && !is_local(url)
}

/// Where state is kept.
pub(super) fn database(text: &str) -> Result<DatabaseUrl, String> {
    if text == "sqlite::memory:" || text.starts_with("sqlite://:memory:") {
        return Err(
            "a database in memory would forget every cancelled call at a restart; a file is wanted, such as sqlite://rebound.db".to_owned()
        );
    }
    if let Some(path) = text.strip_prefix("sqlite://") {
        return match path {
            "" => Err("the file is missing, as in sqlite://rebound.db".to_owned()),
            path if path.ends_with('/') => Err("a file is wanted, not a folder, as in sqlite://rebound.db".to_owned()),
            path if path.contains(['?', '#']) || path.contains(char::is_control) => {
                Err("only the path of a file is wanted after sqlite://, without ? and #".to_owned())
            }
            path => Ok(DatabaseUrl::Sqlite(PathBuf::from(path))),
        };
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        credential(text)?;
        Url::parse(text).map_err(|error| format!("not an address such as postgres://user:password@host/database ({error})"))?;
        return Ok(DatabaseUrl::Postgres(Secret::new(text)));
    }
    Err("sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE is wanted".to_owned())
}

/// Would the database's password and data cross a network unencrypted?
pub(super) fn is_unencrypted_database(database: &DatabaseUrl) -> bool {
    let DatabaseUrl::Postgres(secret) = database else {
        return false;
    };
    let Ok(url) = Url::parse(secret.expose()) else {
        return false;
    };
    let is_socket = url.query_pairs().any(|(key, value)| key == "host" && value.starts_with('/'));
    let is_encrypted = url.query_pairs().any(|(key, value)| key == "sslmode" && matches!(&*value, "require" | "verify-ca" | "verify-full"));
    url.has_host() && !is_local(&url) && !is_socket && !is_encrypted
}

/// The name of a host, in lower case.
pub(super) fn host(text: &str) -> Result<String, String> {
    let url = Url::parse(&format!("https://{text}/")).ok();
    let plain = |url: &Url| url.port().is_none() && url.username().is_empty() && url.password().is_none() && url.path() == "/";
    let alone = !text.contains(['/', '?', '#', '@', ':', '*', '\\']) && !text.contains(char::is_whitespace);
    let name = url.filter(|url| alone && plain(url)).and_then(|url| url.host_str().map(str::to_owned));
    name.ok_or_else(|| "the name of a host is wanted, such as meet.example.com".to_owned())
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        // Schemes that `url` does not know keep an IP address as a name.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_lose_only_their_last_slash() {
        for (text, expected) in [
            ("https://rebound.example.com", "https://rebound.example.com/"),
            ("https://example.com/rebound/", "https://example.com/rebound"),
            ("http://127.0.0.1:9/api", "http://127.0.0.1:9/api"),
        ] {
            assert_eq!(base_url(text).map(String::from).as_deref(), Ok(expected));
        }
        for wrong in
            ["nonsense", "", "ftp://x", "https://", "https://u:canary@x", "https://canary@x", "https://x?canary", "https://x#canary"]
        {
            assert!(base_url(wrong).is_err_and(|problem| !problem.contains("canary")), "{wrong}");
        }
    }

    #[test]
    fn only_foreign_hosts_need_encryption() {
        for (text, expected) in [
            ("http://127.0.0.1:1", false),
            ("http://localhost", false),
            ("http://[::1]", false),
            ("https://x.example", false),
            ("http://x.example", true),
        ] {
            assert_eq!(base_url(text).map(|url| is_unencrypted(&url)), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("postgres://u:p@127.0.0.1/d", false),
            ("postgres://u:p@localhost/d", false),
            ("postgres:///d?host=/run/postgresql", false),
            ("postgresql://u:p@db.example/d?sslmode=verify-full", false),
            ("postgres://u:p@db.example/d", true),
            ("sqlite://rebound.db", false),
        ] {
            assert_eq!(database(text).map(|url| is_unencrypted_database(&url)), Ok(expected), "{text}");
        }
    }

    #[test]
    fn databases_are_files_or_postgres() {
        for (text, expected) in [("sqlite://rebound.db", "rebound.db"), ("sqlite:///var/lib/rebound.db", "/var/lib/rebound.db")] {
            assert!(matches!(database(text), Ok(DatabaseUrl::Sqlite(path)) if path.as_os_str() == expected), "{text}");
        }
        for wrong in
            ["oracle://canary", "sqlite::memory:", "sqlite://", "sqlite://a/", "sqlite://a?canary", "postgres://canary:x@:y", "", "canary"]
        {
            assert!(database(wrong).is_err_and(|problem| !problem.contains("canary")), "{wrong}");
        }
        let shown = format!("{:?}", database("postgres://user:canary@host/database"));
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn hosts_are_names_alone() {
        assert_eq!(host("Meet.Example.com").as_deref(), Ok("meet.example.com"));
        for wrong in ["https://x.example", "x.example/path", "x.example:1", "*.example", "", "a b", "u@x.example", "x.example?"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }
}
