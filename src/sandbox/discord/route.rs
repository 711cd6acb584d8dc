//! Which of Discord's routes a request means. Only reading; a route that is not listed does not exist here.

use axum::http::Method;

use super::super::fault::Operation;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    CreateMessage { channel: String },
    ListMessages { channel: String },
    GetMessage { channel: String, message: String },
    EditMessage { channel: String, message: String },
    DeleteMessage { channel: String, message: String },
    StartThread { channel: String, message: String },
    GetChannel { channel: String },
    EditChannel { channel: String },
    OpenDirect,
    Me,
    User { user: String },
    Application,
    Guild { guild: String },
    Roles { guild: String },
    Channels { guild: String },
    Members { guild: String },
    Member { guild: String, user: String },
    PutCommands,
    GetCommands,
    Callback { id: String, token: String },
    FollowUp { token: String },
    GetOriginal { token: String, message: String },
    EditOriginal { token: String, message: String },
    DeleteOriginal { token: String, message: String },
}

impl Route {
    pub(super) fn find(method: &Method, path: &str) -> Option<Self> {
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        let own = |text: &&str| (*text).to_owned();
        Some(match (method.as_str(), parts.as_slice()) {
            ("POST", ["channels", c, "messages"]) => Self::CreateMessage { channel: own(c) },
            ("GET", ["channels", c, "messages"]) => Self::ListMessages { channel: own(c) },
            ("GET", ["channels", c, "messages", m]) => Self::GetMessage { channel: own(c), message: own(m) },
            ("PATCH", ["channels", c, "messages", m]) => Self::EditMessage { channel: own(c), message: own(m) },
            ("DELETE", ["channels", c, "messages", m]) => Self::DeleteMessage { channel: own(c), message: own(m) },
            ("POST", ["channels", c, "messages", m, "threads"]) => Self::StartThread { channel: own(c), message: own(m) },
            ("GET", ["channels", c]) => Self::GetChannel { channel: own(c) },
            ("PATCH", ["channels", c]) => Self::EditChannel { channel: own(c) },
            ("POST", ["users", "@me", "channels"]) => Self::OpenDirect,
            ("GET", ["users", "@me"]) => Self::Me,
            ("GET", ["users", u]) => Self::User { user: own(u) },
            ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => Self::Application,
            ("GET", ["guilds", g]) => Self::Guild { guild: own(g) },
            ("GET", ["guilds", g, "roles"]) => Self::Roles { guild: own(g) },
            ("GET", ["guilds", g, "channels"]) => Self::Channels { guild: own(g) },
            ("GET", ["guilds", g, "members"]) => Self::Members { guild: own(g) },
            ("GET", ["guilds", g, "members", u]) => Self::Member { guild: own(g), user: own(u) },
            ("PUT", ["applications", _, "commands"] | ["applications", _, "guilds", _, "commands"]) => Self::PutCommands,
            ("GET", ["applications", _, "commands"] | ["applications", _, "guilds", _, "commands"]) => Self::GetCommands,
            ("POST", ["interactions", id, t, "callback"]) => Self::Callback { id: own(id), token: own(t) },
            ("POST", ["webhooks", _, t]) => Self::FollowUp { token: own(t) },
            ("GET", ["webhooks", _, t, "messages", m]) => Self::GetOriginal { token: own(t), message: own(m) },
            ("PATCH", ["webhooks", _, t, "messages", m]) => Self::EditOriginal { token: own(t), message: own(m) },
            ("DELETE", ["webhooks", _, t, "messages", m]) => Self::DeleteOriginal { token: own(t), message: own(m) },
            _ => return None,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::CreateMessage { .. } => "create message",
            Self::ListMessages { .. } => "list messages",
            Self::GetMessage { .. } => "get message",
            Self::EditMessage { .. } => "edit message",
            Self::DeleteMessage { .. } => "delete message",
            Self::StartThread { .. } => "start thread",
            Self::GetChannel { .. } => "get channel",
            Self::EditChannel { .. } => "edit channel",
            Self::OpenDirect => "open direct conversation",
            Self::Me => "get me",
            Self::User { .. } => "get user",
            Self::Application => "get application",
            Self::Guild { .. } => "get guild",
            Self::Roles { .. } => "get roles",
            Self::Channels { .. } => "get channels",
            Self::Members { .. } => "get members",
            Self::Member { .. } => "get member",
            Self::PutCommands => "put commands",
            Self::GetCommands => "get commands",
            Self::Callback { .. } => "callback",
            Self::FollowUp { .. } => "follow up",
            Self::GetOriginal { .. } => "get original",
            Self::EditOriginal { .. } => "edit original",
            Self::DeleteOriginal { .. } => "delete original",
        }
    }

    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::CreateMessage { .. } => Operation::Create,
            Self::EditMessage { .. } => Operation::Edit,
            Self::DeleteMessage { .. } => Operation::Delete,
            Self::ListMessages { .. } | Self::GetMessage { .. } => Operation::History,
            Self::Callback { .. }
            | Self::FollowUp { .. }
            | Self::GetOriginal { .. }
            | Self::EditOriginal { .. }
            | Self::DeleteOriginal { .. } => Operation::Private,
            Self::StartThread { .. }
            | Self::GetChannel { .. }
            | Self::EditChannel { .. }
            | Self::OpenDirect
            | Self::Me
            | Self::User { .. }
            | Self::Application
            | Self::Guild { .. }
            | Self::Roles { .. }
            | Self::Channels { .. }
            | Self::Members { .. }
            | Self::Member { .. }
            | Self::PutCommands
            | Self::GetCommands => Operation::Other,
        }
    }

    pub(super) fn channel(&self) -> Option<&str> {
        match self {
            Self::CreateMessage { channel }
            | Self::ListMessages { channel }
            | Self::GetMessage { channel, .. }
            | Self::EditMessage { channel, .. }
            | Self::DeleteMessage { channel, .. }
            | Self::StartThread { channel, .. }
            | Self::GetChannel { channel }
            | Self::EditChannel { channel } => Some(channel),
            Self::OpenDirect
            | Self::Me
            | Self::User { .. }
            | Self::Application
            | Self::Guild { .. }
            | Self::Roles { .. }
            | Self::Channels { .. }
            | Self::Members { .. }
            | Self::Member { .. }
            | Self::PutCommands
            | Self::GetCommands
            | Self::Callback { .. }
            | Self::FollowUp { .. }
            | Self::GetOriginal { .. }
            | Self::EditOriginal { .. }
            | Self::DeleteOriginal { .. } => None,
        }
    }

    /// Interactions carry their own token in the path.
    pub(super) fn needs_token(&self) -> bool {
        self.operation() != Operation::Private
    }
}
