//! The only way out over HTTP: addresses are checked, nothing is followed, everything has a limit.
//!
//! Calls go over `https` to public addresses. A host and port that the operator names may also be plain, on this machine
//! or in a private network. What a name resolves to is judged where the connection takes it from, so no second look-up
//! can give another answer.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Once},
    time::Duration,
};

use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest call, from the look-up of the name to the answer's head. Bodies are not read.
const WHOLE: Duration = Duration::from_secs(10);
/// Longest body that is sent, bytes.
const MAX_BODY: usize = 256 << 10;

/// A call failed or was refused.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// It is no address of a web service.
    #[error("the address cannot be used: {0}")]
    Address(String),
    /// The address is none of those that may be called.
    #[error("`{host}` is refused: {reason}; only what the operator names may be called so")]
    Refused {
        /// Host and port.
        host: String,
        /// Why.
        reason: &'static str,
    },
    /// The body is too long.
    #[error("the body has {0} bytes; at most 256 KiB are sent")]
    TooLong(usize),
    /// The other side could not be reached in time.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl OutboundError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::NoAnswer(_))
    }
}

/// Makes calls. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    client: Client,
    named: Arc<BTreeSet<(String, u16)>>,
}

impl Outbound {
    /// With the addresses that the operator names: their hosts and ports may be plain and private.
    ///
    /// # Errors
    /// [`OutboundError::Address`] when one of them is none.
    pub fn new<'a>(named: impl IntoIterator<Item = &'a str>) -> Result<Self, OutboundError> {
        use_one_provider();
        let named: Result<BTreeSet<_>, _> = named.into_iter().map(|url| parse(url).map(|(_, place)| place)).collect();
        let named = Arc::new(named?);
        let hosts = named.iter().map(|(host, _)| host.clone()).collect();
        let client = Client::builder()
            // A proxy would resolve the names instead, and nobody would judge the addresses.
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .dns_resolver(Arc::new(Guarded { hosts }))
            .user_agent(concat!("forgeline/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| OutboundError::Address(error.to_string()))?;
        Ok(Self { client, named })
    }

    /// Sends a body and returns the status of the answer.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<u16, OutboundError> {
        let url = self.allowed(url)?;
        if body.len() > MAX_BODY {
            return Err(OutboundError::TooLong(body.len()));
        }
        let bad = |error: &dyn std::fmt::Display| OutboundError::Address(error.to_string());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).map_err(|error| bad(&error))?;
            map.insert(name, HeaderValue::try_from(*value).map_err(|error| bad(&error))?);
        }
        let sent = self.client.post(url).headers(map).body(body).send().await;
        // The error's own text would repeat the address, which may hold what only the two sides should know.
        sent.map(|answer| answer.status().as_u16()).map_err(|error| OutboundError::NoAnswer(reason(error)))
    }

    fn allowed(&self, url: &str) -> Result<Url, OutboundError> {
        let (url, place) = parse(url)?;
        if self.named.contains(&place) {
            return Ok(url);
        }
        let refuse = |reason| OutboundError::Refused { host: format!("{}:{}", place.0, place.1), reason };
        if url.scheme() != "https" {
            return Err(refuse("it is not `https`"));
        }
        // Names are judged when they are resolved.
        let literal = place.0.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if literal.is_some_and(|address| !is_public(address)) {
            return Err(refuse("it is no public address"));
        }
        Ok(url)
    }
}

/// One TLS provider for the whole process, whoever needs it first.
pub fn use_one_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Somebody else may have chosen before; then theirs is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn parse(url: &str) -> Result<(Url, (String, u16)), OutboundError> {
    let url = Url::parse(url).map_err(|error| OutboundError::Address(error.to_string()))?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    match (url.host_str().map(str::to_owned), url.port_or_known_default()) {
        (Some(host), Some(port)) if is_web => Ok((url, (host, port))),
        _ => Err(OutboundError::Address("expected `https://host/path`, without user and password".into())),
    }
}

fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        said = format!("{said}: {inner}");
        cause = inner.source();
    }
    said
}

/// Resolves names; of hosts that nobody named only to public addresses.
struct Guarded {
    hosts: BTreeSet<String>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let is_named = self.hosts.contains(&host);
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| is_named || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other(format!("`{host}` has no public address")).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public Internet (RFC 6890 lists those that are not).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_special = a == 0 || a >= 240 || (a, b, c) == (192, 0, 0) || (a == 198 && (b & 0xfe) == 18);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || is_shared
        || is_special)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is given out; of it, documentation and the tunnels that carry an IPv4 address are left out.
    (a & 0xe000) == 0x2000 && !(a == 0x2001 && (b == 0 || b == 0x0db8)) && a != 0x2002
}

#[cfg(test)]
mod tests {
    use super::{Outbound, OutboundError, is_public};

    #[test]
    fn only_what_is_public_or_named_may_be_called() {
        let outbound = Outbound::new(["http://127.0.0.1:9000/hook", "https://mail.internal/x"]).expect("builds");
        for url in
            ["http://127.0.0.1:9000/other", "https://mail.internal/y", "https://example.com/", "https://93.184.216.34/"]
        {
            assert!(outbound.allowed(url).is_ok(), "{url}");
        }
        for url in [
            "http://127.0.0.1:9001/",
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "http://example.com/",
            "https://user:word@example.com/",
            "file:///etc/passwd",
            "",
        ] {
            assert!(outbound.allowed(url).is_err(), "{url}");
        }
    }

    #[test]
    fn addresses_that_lead_inside_are_known() {
        for (text, expected) in [
            ("93.184.216.34", true),
            ("100.63.0.1", true),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("198.19.0.1", false),
            ("2606:2800:220:1::1", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("64:ff9b::a00:1", false),
            ("2002:a00:1::", false),
        ] {
            assert_eq!(is_public(text.parse().expect(text)), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_where_it_is_resolved() {
        let outbound = Outbound::new([]).expect("builds");
        let error = outbound.post("https://localhost/", &[], Vec::new()).await.expect_err("refused");
        assert!(matches!(&error, OutboundError::NoAnswer(why) if why.contains("no public address")), "{error}");
        let too_long = outbound.post("https://example.com/", &[], vec![0; 300 << 10]).await;
        assert!(matches!(too_long, Err(OutboundError::TooLong(_))));
    }
}
