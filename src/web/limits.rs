//! What a client may use of the server.

use std::time::Duration;

/// The limits on connections and requests.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Concurrent connections; a further one takes the place of the one that is idle longest.
    pub connections: usize,
    /// Time until the header of a request is complete, including idle time before it.
    pub header: Duration,
    /// Time until a request is answered, including its body.
    pub request: Duration,
    /// Time until a connection is closed, even a busy one.
    pub connection: Duration,
    /// Time to finish answers when the service stops.
    pub drain: Duration,
    /// Bytes in the body of a request.
    pub body: usize,
    /// Bytes in the header of a request; at least 8,192 are used.
    pub header_size: usize,
    /// Header fields of a request.
    pub header_fields: usize,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 256,
            header: Duration::from_secs(10),
            request: Duration::from_secs(10),
            connection: Duration::from_secs(300),
            drain: Duration::from_secs(3),
            body: 16 * 1024,
            header_size: 16 * 1024,
            header_fields: 64,
        }
    }
}
