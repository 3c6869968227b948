//! Which orders of the operator stand.

use std::time::Duration;

use jiff::SignedDuration;

use super::{Moment, watched::Watched};
use crate::schedule::Order;

/// What the operator ordered for one daemon.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    /// The pause that was acknowledged.
    standing: Option<GivenPause>,
    /// One that was tried since.
    tried: Option<GivenPause>,
    /// The journal lost what was acknowledged, and the operator did not resume since.
    pub(super) doubt: bool,
}

/// A pause.
#[derive(Clone, Copy, Debug)]
struct GivenPause {
    order: Order,
    at: Duration,
    /// Its end on the timeline of the daemon's memory; `None` is until resumed.
    until: Option<Duration>,
    /// How far the clock was ahead when it was given.
    ahead: SignedDuration,
    /// What was taken off its end, since a clock that is set shortens a pause that no look has
    /// obeyed yet, by no more than the time since the look before.
    shortened: Duration,
    obeyed: bool,
}

impl Orders {
    /// Whether a pause stands at this time.
    pub(super) fn paused(&self, line: Duration) -> bool {
        let stands =
            |pause: &GivenPause| pause.until.is_none_or(|until| line + pause.shortened < until);
        self.standing.as_ref().is_some_and(stands)
    }

    fn pauses(&mut self) -> impl Iterator<Item = &mut GivenPause> {
        self.standing.iter_mut().chain(&mut self.tried)
    }

    /// The clock was ahead by as much as `most` since the pause was given, and the look before the
    /// next one is `since` ago.
    pub(super) fn shorten(&mut self, most: SignedDuration, since: Duration) {
        for pause in self.pauses().filter(|pause| !pause.obeyed) {
            let gained = Duration::try_from(most.saturating_sub(pause.ahead)).unwrap_or_default();
            pause.shortened = pause.shortened.max(gained.min(since));
        }
    }

    /// A look was recorded that began at this time and so knew those given before.
    pub(super) fn obey(&mut self, began: Duration) {
        self.pauses().for_each(|pause| pause.obeyed |= pause.at < began);
    }
}

impl Watched {
    pub(super) fn try_order(&mut self, order: Order, now: Moment) {
        match order {
            Order::Pause(lasting) => {
                let until = lasting.map(|lasting| self.line(now.at) + lasting);
                let (shortened, obeyed) = (Duration::ZERO, false);
                let (at, ahead) = (now.at, now.ahead);
                let given = GivenPause { order, at, until, ahead, shortened, obeyed };
                self.orders.tried = Some(given);
                // The later one counts, if it was recorded.
                if let Some(standing) = &mut self.orders.standing {
                    standing.until = match (standing.until, until) {
                        (one, None) => one,
                        (None, other) => other,
                        (Some(one), Some(other)) => Some(one.min(other)),
                    };
                }
            }
            Order::Resume => {
                self.orders = Orders::default();
                self.memory.resume();
                self.saved.resume();
            }
        }
    }

    pub(super) fn acknowledge_order(&mut self, order: Order) {
        if let Some(tried) = self.orders.tried.take_if(|tried| tried.order == order) {
            self.orders.standing = Some(tried);
        }
    }
}
