//! Queues and their statistics. CCE; on CCX the numbers are not kept.

use crate::resource::resource;
use crate::scalar::{Number, Timestamp};

resource! {
    /// A queue. In the notification of a removal only `uri` is there.
    Queue {
        uri: String = "uri",
        name: String = "name",
        statistics: QueueStatistics = "statistics",
    }
}

resource! {
    /// Numbers are −1 for a queue that no user has.
    QueueStatistics {
        agents_busy_other: Number = "agentsBusyOther",
        agents_logged_on: Number = "agentsLoggedOn",
        agents_not_ready: Number = "agentsNotReady",
        agents_ready: Number = "agentsReady",
        agents_talking_inbound: Number = "agentsTalkingInbound",
        agents_talking_internal: Number = "agentsTalkingInternal",
        agents_talking_outbound: Number = "agentsTalkingOutbound",
        agents_wrap_up_not_ready: Number = "agentsWrapUpNotReady",
        agents_wrap_up_ready: Number = "agentsWrapUpReady",
        calls_in_queue: Number = "callsInQueue",
        /// Without milliseconds; empty when no call waits.
        start_time_of_longest_call_in_queue: Timestamp = "startTimeOfLongestCallInQueue",
    }
}
