//! What time alone may change: it asks, and it takes away. It gives, sends, releases and lifts nothing.

use meldeverbund_domain::order::Context;

use super::{Firm, Oracle};

impl Oracle {
    pub(crate) fn passed(&mut self, context: &Context<'_>) {
        let now_us = context.now_us;
        if !self.is_open {
            return;
        }
        self.live.take_if(|(_, until_us)| *until_us <= now_us);
        if let Some(sending) = &mut self.sending {
            sending.in_doubt |= sending.doubt_us <= now_us && !sending.failed;
        }
        match &mut self.firm {
            Firm::Proposed(by) if *by <= now_us && self.sending.is_none() => {
                if self.by_fallback {
                    self.firm = Firm::Accepted;
                } else {
                    self.succeed(context);
                }
            }
            Firm::Offered(_, by) if *by <= now_us => self.firm = Firm::Accepted,
            Firm::Disputed { until_us, escalated, .. } => *escalated |= *until_us <= now_us,
            _ => {}
        }
    }
}
