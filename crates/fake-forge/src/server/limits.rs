//! How much a credential may ask for: the primary limit by hour, the secondary ones by minute and hour.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use super::log::Credential;
use crate::model::Millis;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

/// What each credential may do; `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// Requests an hour with a credential.
    pub hourly: u32,
    /// Requests an hour without one.
    pub hourly_anonymous: u32,
    /// Points a minute: 1 for a read, 5 for a write.
    pub points_per_minute: Option<u32>,
    /// Requests a minute that create content.
    pub content_per_minute: Option<u32>,
    /// Requests an hour that create content.
    pub content_per_hour: Option<u32>,
    /// What a refusal by a secondary limit asks to wait, in seconds.
    pub retry_after: u32,
    /// The status of a refusal: 403 or 429.
    pub status: u16,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            hourly: 5000,
            hourly_anonymous: 60,
            points_per_minute: Some(900),
            content_per_minute: Some(80),
            content_per_hour: Some(500),
            retry_after: 60,
            status: 403,
        }
    }
}

#[derive(Debug, Default)]
struct Bucket {
    window_end: Millis,
    used: u32,
    /// Times and points of the last minute.
    points: VecDeque<(Millis, u32)>,
    /// Times of the last hour.
    content: VecDeque<Millis>,
    forbidden_until: Option<Millis>,
}

/// The counts of all credentials.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) settings: LimitSettings,
    buckets: BTreeMap<Credential, Bucket>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The hour's requests are used up.
    Primary,
    /// Too much in a short time; wait so many seconds.
    Secondary(u32),
}

/// What the headers say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) used: u32,
    /// Seconds since 1970.
    pub(crate) reset: Millis,
}

impl Limits {
    /// How long this credential should still have waited.
    pub(crate) fn too_early(&self, who: &Credential, now: Millis) -> Option<Millis> {
        let until = self.buckets.get(who)?.forbidden_until?;
        (now < until).then_some(until - now)
    }

    /// From now on the credential is to wait.
    pub(crate) fn forbid(&mut self, who: &Credential, now: Millis, seconds: u32) {
        self.buckets.entry(who.clone()).or_default().forbidden_until = Some(now + Millis::from(seconds) * 1000);
    }

    /// Counts a request for the secondary limits, and says if any limit refuses it.
    pub(crate) fn admit(&mut self, who: &Credential, now: Millis, method: &str, creates: bool) -> Option<Refused> {
        let (settings, limit) = (self.settings.clone(), self.limit(who));
        let bucket = self.bucket(who, now);
        if bucket.used >= limit {
            let reset = bucket.window_end;
            bucket.forbidden_until = Some(reset);
            return Some(Refused::Primary);
        }
        bucket.points.retain(|(at, _)| *at > now - MINUTE);
        bucket.content.retain(|at| *at > now - HOUR);
        bucket.points.push_back((now, if matches!(method, "GET" | "HEAD") { 1 } else { 5 }));
        if creates {
            bucket.content.push_back(now);
        }
        let points: u32 = bucket.points.iter().map(|(_, points)| points).sum();
        let hour = count(bucket.content.len());
        let minute = count(bucket.content.iter().filter(|at| **at > now - MINUTE).count());
        let over = |limit: Option<u32>, used: u32| limit.is_some_and(|limit| used > limit);
        let refused = over(settings.points_per_minute, points)
            || over(settings.content_per_minute, minute)
            || over(settings.content_per_hour, hour);
        if !refused {
            return None;
        }
        self.forbid(who, now, settings.retry_after);
        Some(Refused::Secondary(settings.retry_after))
    }

    /// Counts a request for the primary limit.
    pub(crate) fn count(&mut self, who: &Credential, now: Millis) {
        self.bucket(who, now).used += 1;
    }

    pub(crate) fn standing(&mut self, who: &Credential, now: Millis) -> Standing {
        let limit = self.limit(who);
        let bucket = self.bucket(who, now);
        let used = bucket.used.min(limit);
        Standing { limit, remaining: limit - used, used, reset: bucket.window_end.div_euclid(1000) }
    }

    fn limit(&self, who: &Credential) -> u32 {
        match who {
            Credential::Nobody | Credential::Unknown => self.settings.hourly_anonymous,
            _ => self.settings.hourly,
        }
    }

    fn bucket(&mut self, who: &Credential, now: Millis) -> &mut Bucket {
        let bucket = self.buckets.entry(who.clone()).or_default();
        if now >= bucket.window_end {
            // Whole seconds, because that is what the header can say.
            bucket.window_end = (now + HOUR).div_euclid(1000) * 1000 + 1000;
            bucket.used = 0;
        }
        bucket
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_ends_and_a_new_one_begins() {
        let who = Credential::Installation(1);
        let mut limits =
            Limits { settings: LimitSettings { hourly: 2, ..LimitSettings::default() }, ..Limits::default() };
        for _ in 0..2 {
            assert_eq!(limits.admit(&who, 0, "GET", false), None);
            limits.count(&who, 0);
        }
        assert_eq!(limits.admit(&who, 10, "GET", false), Some(Refused::Primary));
        assert!(limits.too_early(&who, 20).is_some());
        assert_eq!(limits.admit(&who, HOUR + 1000, "GET", false), None);
        assert_eq!(limits.too_early(&who, HOUR + 1000), None);
    }

    #[test]
    fn too_much_content_in_a_minute_asks_to_wait() {
        let who = Credential::Person("ada".to_owned());
        let mut limits = Limits::default();
        for n in 0..80 {
            assert_eq!(limits.admit(&who, n, "POST", true), None, "request {n}");
        }
        assert_eq!(limits.admit(&who, 80, "POST", true), Some(Refused::Secondary(60)));
        assert_eq!(limits.too_early(&who, 1_080), Some(59_000));
        assert_eq!(limits.too_early(&Credential::Person("bob".to_owned()), 1_080), None);
        assert_eq!(limits.admit(&who, 61_000, "POST", true), None);
    }

    #[test]
    fn a_write_weighs_five_reads() {
        let who = Credential::Installation(1);
        let mut limits = Limits::default();
        let refused = (0..200).find(|n| limits.admit(&who, *n, "PATCH", false).is_some());
        assert_eq!(refused, Some(180));
    }
}
