//! Cancellations as iClosed sends them, about 3 KB each, every one about a call of its own.

/// Stands in the text wherever the number of the call belongs; the number has as many digits.
const NUMBER: &str = "10000000";
/// Stands where the number of the channel belongs.
const CHANNEL: &str = "strategy-00";
const TEXT: &str = include_str!("cancellation.json");
/// What stands before the call's number in the lead's e-mail address, which every card shows.
const LEAD: &[u8] = b"lead1";

/// A body whose numbers can be changed in place, so that making one costs next to nothing.
#[derive(Clone)]
pub(crate) struct Body {
    head: String,
    text: Vec<u8>,
    numbers: Vec<usize>,
    channels: Vec<usize>,
}

impl Body {
    /// For requests to that path.
    pub(crate) fn new(path: &str) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            TEXT.len()
        );
        let text = format!("{head}{TEXT}").into_bytes();
        let places = |what: &str| TEXT.match_indices(what).map(|(at, _)| head.len() + at).collect::<Vec<_>>();
        let channels = places(CHANNEL).into_iter().map(|at| at + CHANNEL.len() - 2).collect();
        Self { numbers: places(NUMBER), channels, text, head }
    }

    /// The request about call `number`, which one channel of each platform hears of.
    pub(crate) fn request(&mut self, number: u64, channels: u64) -> &[u8] {
        write(&mut self.text, &self.numbers, &format!("{:08}", 10_000_000 + number));
        write(&mut self.text, &self.channels, &format!("{:02}", number % channels));
        &self.text
    }

    /// Bytes of the body alone.
    pub(crate) fn len(&self) -> usize {
        self.text.len() - self.head.len()
    }
}

/// Which call a message on a platform is about.
pub(crate) fn number_in(message: &[u8]) -> Option<u64> {
    let at = message.windows(LEAD.len()).position(|window| window == LEAD)? + LEAD.len() - 1;
    let digits = message.get(at..at + NUMBER.len())?;
    std::str::from_utf8(digits).ok()?.parse::<u64>().ok()?.checked_sub(10_000_000)
}

fn write(text: &mut [u8], places: &[usize], what: &str) {
    for at in places {
        text[*at..*at + what.len()].copy_from_slice(what.as_bytes());
    }
}
