//! How much one address may send: a bucket of tokens for each.
//!
//! A request costs one token; one that is refused costs more, so that guessing secrets comes to an end soon. Nothing here reads
//! a clock.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

/// How full a bucket is, and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Tokens a second.
    pub per_second: f64,
    /// Tokens of a full bucket.
    pub burst: f64,
    /// What a refused request costs besides.
    pub refused: f64,
}

impl Default for Rate {
    /// Twice what a large forge sends in a storm of redeliveries; two hundred wrong guesses, then twenty a second.
    fn default() -> Self {
        Self { per_second: 2_000.0, burst: 20_000.0, refused: 99.0 }
    }
}

/// Most addresses that are remembered.
const MOST: usize = 10_000;

/// A bucket for each address.
#[derive(Debug)]
pub struct Buckets {
    rate: Rate,
    all: HashMap<IpAddr, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Duration,
}

impl Buckets {
    /// Full ones, at this rate.
    pub fn new(rate: Rate) -> Self {
        Self { rate, all: HashMap::new() }
    }

    /// Takes a token for a request that arrives at `now`, counted from any fixed moment. False: there is none left.
    pub fn take(&mut self, address: IpAddr, now: Duration) -> bool {
        let rate = self.rate;
        self.make_room(now);
        let bucket = self.all.entry(network(address)).or_insert(Bucket { tokens: rate.burst, at: now });
        bucket.fill(rate, now);
        let has = bucket.tokens >= 1.0;
        if has {
            bucket.tokens -= 1.0;
        }
        has
    }

    /// The request was refused. What it costs may leave the bucket in debt.
    pub fn charge(&mut self, address: IpAddr) {
        let rate = self.rate;
        if let Some(bucket) = self.all.get_mut(&network(address)) {
            bucket.tokens = (bucket.tokens - rate.refused).max(-rate.burst);
        }
    }

    /// Forgets full buckets when there are many; where all are in use, all are forgotten: memory has an end, and a bucket that
    /// is forgotten is full again, which refuses nobody.
    fn make_room(&mut self, now: Duration) {
        if self.all.len() < MOST {
            return;
        }
        let rate = self.rate;
        self.all.retain(|_, bucket| {
            bucket.fill(rate, now);
            bucket.tokens < rate.burst
        });
        if self.all.len() >= MOST {
            self.all.clear();
        }
    }
}

impl Bucket {
    fn fill(&mut self, rate: Rate, now: Duration) {
        let since = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = since.mul_add(rate.per_second, self.tokens).min(rate.burst);
        self.at = self.at.max(now);
    }
}

/// Whose bucket it is: who has an IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => four.into(),
            None => {
                let [a, b, c, d, ..] = six.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Duration};

    use super::{Buckets, MOST, Rate};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_bucket_runs_dry_and_fills_again_for_its_address_alone() {
        let mut all = Buckets::new(Rate { per_second: 2.0, burst: 3.0, refused: 4.0 });
        let one = ip("192.0.2.1");
        let taken: Vec<bool> = (0..4).map(|_| all.take(one, at(0))).collect();
        assert_eq!(taken, [true, true, true, false]);
        assert!(all.take(ip("192.0.2.2"), at(0)));
        assert_eq!([all.take(one, at(499)), all.take(one, at(500)), all.take(one, at(501))], [false, true, false]);
        assert!(!all.take(one, at(100)), "a clock that goes back gives nothing");
        all.charge(ip("192.0.2.2"));
        assert_eq!([all.take(ip("192.0.2.2"), at(1_499)), all.take(ip("192.0.2.2"), at(1_501))], [false, true]);
    }

    #[test]
    fn one_network_has_one_bucket_and_memory_has_an_end() {
        let mut all = Buckets::new(Rate { per_second: 0.0, burst: 1.0, refused: 0.0 });
        assert!(all.take(ip("2001:db8::1"), at(0)));
        assert!(!all.take(ip("2001:db8::ffff"), at(0)));
        assert!(all.take(ip("2001:db8:0:1::1"), at(0)));
        assert!(all.take(ip("192.0.2.1"), at(0)));
        assert!(!all.take(ip("::ffff:192.0.2.1"), at(0)), "the same address in another form");
        for n in 0..3 * u32::try_from(MOST).expect("small") {
            all.take(std::net::Ipv4Addr::from(n).into(), at(0));
            assert!(all.all.len() <= MOST);
        }
    }
}
