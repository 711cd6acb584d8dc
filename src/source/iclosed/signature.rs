//! The optional signature of webhooks: HMAC-SHA256 of the body, in hexadecimal, in a header.
//!
//! iClosed says that it signs and documents neither header nor scheme, so both are the operator's to name, and nothing is checked until
//! they did. The token in the address is what always guards the door.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// How webhooks are signed.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Name of the header, in lower case.
    pub header: String,
    /// What stands before the digest, such as `sha256=`; may be empty.
    pub prefix: String,
    /// The key.
    pub secret: SecretString,
}

impl Signature {
    /// Is `given`, the value of the header, the signature of this body? Compares in constant time; either case of the digits will do.
    #[must_use]
    pub fn is_of(&self, given: Option<&str>, body: &[u8]) -> bool {
        let Some(digest) = given.and_then(|given| given.strip_prefix(&self.prefix)).and_then(|digits| hex::decode(digits).ok()) else {
            return false;
        };
        Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes())
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&digest).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const RFC: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn only_the_right_digest_of_the_right_body_will_do() {
        let signature = |prefix: &str| Signature { header: "x-signature".into(), prefix: prefix.into(), secret: "Jefe".into() };
        let body = b"what do ya want for nothing?";
        assert!(signature("").is_of(Some(RFC), body));
        assert!(signature("").is_of(Some(&RFC.to_uppercase()), body));
        assert!(signature("sha256=").is_of(Some(&format!("sha256={RFC}")), body));
        for (what, prefix, given, body) in [
            ("no header", "", None, &body[..]),
            ("empty", "", Some(""), body),
            ("cut", "", Some(&RFC[..62]), body),
            ("longer", "", Some("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384300"), body),
            ("no hexadecimal", "", Some("zz"), body),
            ("no prefix", "sha256=", Some(RFC), body),
            ("another body", "", Some(RFC), b"what do ya want for something?"),
        ] {
            assert!(!signature(prefix).is_of(given, body), "{what}");
        }
        let other = Signature { secret: "other".into(), ..signature("") };
        assert!(!other.is_of(Some(RFC), body));
    }
}
