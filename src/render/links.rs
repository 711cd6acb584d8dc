//! Which addresses may become links: https at iClosed, at `[card] link_hosts` and at our own `public_url`.
//!
//! It never repairs an address. What is not plainly harmless stays text.

use url::{Host, Url};

/// An address longer than this is no link anybody sends on purpose; Slack takes 3,000.
const LONGEST: usize = 2_000;
/// iClosed's own domain, where contact pages, booking pages and reschedule links live.
const ICLOSED: &str = "iclosed.io";

/// The link policy: design, section 2, "Links".
#[derive(Debug, Clone)]
pub(super) struct LinkPolicy {
    /// Exact hosts, and `*.example.com` for every subdomain.
    hosts: Vec<String>,
}

impl LinkPolicy {
    pub(super) fn new(link_hosts: &[String], public_url: &Url) -> Self {
        let ours = public_url.host_str().map(str::to_owned);
        let iclosed = [ICLOSED.to_owned(), format!("*.{ICLOSED}")];
        Self { hosts: link_hosts.iter().map(|host| host.trim().to_lowercase()).chain(iclosed).chain(ours).collect() }
    }

    /// No address is a link.
    pub(super) fn none() -> Self {
        Self { hosts: Vec::new() }
    }

    /// The address as a link, when it may be one.
    pub(super) fn allow(&self, written: &str) -> Option<Url> {
        let written = written.trim();
        if written.len() > LONGEST || !written.bytes().all(is_plain) {
            return None;
        }
        let url = Url::parse(written).ok()?;
        let plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && url.password().is_none();
        let Some(Host::Domain(host)) = url.host() else {
            return None;
        };
        (plain && self.hosts.iter().any(|allowed| fits(allowed, host))).then_some(url)
    }
}

/// RFC 3986's own characters but the ones that close a link in Markdown or quote in a platform's markup.
///
/// A real address has the others percent-encoded, so nothing is lost; and no platform has to be trusted to encode them.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&*+,;=%".contains(&byte)
}

fn fits(allowed: &str, host: &str) -> bool {
    match allowed.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        None => host == allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_addresses_of_allowed_hosts_are_links() {
        let ours = Url::parse("https://rebound.example.com/x").expect("a URL");
        let policy = LinkPolicy::new(&["meet.google.com".into(), "*.Acme.example".into()], &ours);
        for good in [
            "https://app.iclosed.io/app/global-data?contactPreviewId=contact_1",
            "https://iclosed.io",
            " https://APP.iclosed.io/e/acme/strategy-call ",
            "https://app.iclosed.io:443/x",
            "https://meet.google.com/abc",
            "https://crm.acme.example/x#y",
            "https://rebound.example.com/",
        ] {
            assert!(policy.allow(good).is_some(), "{good}");
        }
        let long = format!("https://app.iclosed.io/{}", "a".repeat(5_000));
        for bad in [
            "http://app.iclosed.io/",
            "javascript:alert(1)",
            "data:text/html,<b>x</b>",
            "//app.iclosed.io/x",
            "not a link",
            "",
            "https://evil.example/",
            "https://iclosed.io.evil.example/",
            "https://xiclosed.io/",
            "https://acme.example/",
            "https://.acme.example/",
            "https://iclosed.io./",
            "https://app.iclosed.io:8443/",
            "https://app.iclosed.io@evil.example/",
            "https://user:x@app.iclosed.io/",
            "https://app.iclosed.io/x|y> <!channel> <https://evil.example/",
            "https://app.iclosed.io/x) [y](https://evil.example/z",
            "https://app.iclosed.io/x)",
            "https://app.iclosed.io/\n@everyone",
            "https://app.iclosed.io\\@evil.example/",
            "https://аpp.iclosed.io/ü",
            "https://127.0.0.1/",
            long.as_str(),
        ] {
            assert_eq!(policy.allow(bad), None, "{bad}");
        }
    }
}
