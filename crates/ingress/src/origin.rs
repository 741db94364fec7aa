//! Whose request it is.

use std::net::IpAddr;

use axum::http::HeaderMap;

/// The address that a request comes from. What a proxy says of it is believed of proxies that the operator names, and of this
/// machine: the last address of `X-Forwarded-For` that is no such proxy's.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let is_proxy = |address: &IpAddr| address.is_loopback() || proxies.contains(address);
    if !is_proxy(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let said: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut last = peer;
    for one in said.iter().rev() {
        let Ok(address) = one.parse() else { break };
        last = address;
        if !is_proxy(&address) {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::address;

    #[test]
    fn a_proxy_is_believed_and_a_stranger_is_not() {
        for (peer, lines, expected) in [
            ("192.0.2.9", &["198.51.100.1"][..], "192.0.2.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.5", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.5, nonsense"], "127.0.0.1"),
            ("10.0.0.1", &["203.0.113.5, nonsense, 10.0.0.2"], "10.0.0.2"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().expect("a value"));
            }
            let proxies = ["10.0.0.1", "10.0.0.2"].map(|it| it.parse().expect("an address"));
            let found = address(peer.parse().expect("an address"), &headers, &proxies);
            assert_eq!(found.to_string(), expected, "{peer} {lines:?}");
        }
    }
}
