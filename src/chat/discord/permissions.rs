//! What the bot may do in a channel. Pure: roles and overwrites become missing permissions, in Discord's own order of precedence
//! (<https://docs.discord.com/developers/topics/permissions#permission-overwrites>).

use serde::{Deserialize, Deserializer};

/// Permissions that the bot needs in a channel, by the names that Discord shows to people.
const NEEDED: [(&str, u64); 6] = [
    ("View Channel", 1 << 10),
    ("Send Messages", 1 << 11),
    ("Embed Links", 1 << 14),
    ("Read Message History", 1 << 16),
    ("Create Public Threads", 1 << 35),
    ("Send Messages in Threads", 1 << 38),
];
/// Has all the others, whatever overwrites say.
const ADMINISTRATOR: u64 = 1 << 3;

/// A role of the server.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Role {
    pub(super) id: String,
    #[serde(deserialize_with = "bits")]
    pub(super) permissions: u64,
}

/// What a channel changes for a role or a member.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Overwrite {
    pub(super) id: String,
    #[serde(deserialize_with = "bits")]
    pub(super) allow: u64,
    #[serde(deserialize_with = "bits")]
    pub(super) deny: u64,
}

/// Who the bot is on the server.
#[derive(Debug, Clone)]
pub(super) struct Me<'a> {
    pub(super) guild_id: &'a str,
    pub(super) user_id: &'a str,
    pub(super) roles: &'a [String],
}

/// The needed permissions that the bot lacks.
pub(super) fn missing(me: &Me<'_>, roles: &[Role], overwrites: &[Overwrite]) -> Vec<&'static str> {
    let held = |role: &&Role| role.id == me.guild_id || me.roles.contains(&role.id);
    let base = roles.iter().filter(held).fold(0, |all, role| all | role.permissions);
    if base & ADMINISTRATOR != 0 {
        return Vec::new();
    }
    let changed = |permissions: u64, concerns: &dyn Fn(&str) -> bool| {
        let (deny, allow) = overwrites
            .iter()
            .filter(|overwrite| concerns(&overwrite.id))
            .fold((0, 0), |(deny, allow), overwrite| (deny | overwrite.deny, allow | overwrite.allow));
        permissions & !deny | allow
    };
    // Everyone's first, then all roles' at once, then the member's own.
    let permissions = changed(base, &|id| id == me.guild_id);
    let permissions = changed(permissions, &|id| me.roles.iter().any(|role| role == id));
    let permissions = changed(permissions, &|id| id == me.user_id);
    NEEDED.into_iter().filter(|(_, bit)| permissions & bit == 0).map(|(name, _)| name).collect()
}

/// Discord writes permissions as decimal text, because they are longer than the numbers of some languages.
fn bits<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: u64 = (1 << 10) | (1 << 11) | (1 << 14) | (1 << 16) | (1 << 35) | (1 << 38);

    fn lacks(roles: &[(&str, u64)], overwrites: &[(&str, u64, u64)]) -> Vec<&'static str> {
        let roles: Vec<Role> = roles.iter().map(|(id, permissions)| Role { id: (*id).to_owned(), permissions: *permissions }).collect();
        let overwrites: Vec<Overwrite> =
            overwrites.iter().map(|(id, allow, deny)| Overwrite { id: (*id).to_owned(), allow: *allow, deny: *deny }).collect();
        missing(&Me { guild_id: "1", user_id: "9", roles: &["2".to_owned(), "3".to_owned()] }, &roles, &overwrites)
    }

    #[test]
    fn overwrites_count_in_discords_order() {
        let all = [("1", ALL)];
        assert!(lacks(&all, &[]).is_empty());
        assert_eq!(lacks(&[("1", ALL & !(1 << 14)), ("4", ALL)], &[]), ["Embed Links"], "somebody else's role does not help");
        assert!(lacks(&[("1", 0), ("2", ALL)], &[]).is_empty());
        assert_eq!(lacks(&all, &[("1", 0, 1 << 10)]), ["View Channel"]);
        assert!(lacks(&all, &[("1", 0, 1 << 10), ("2", 1 << 10, 0)]).is_empty(), "a role wins over everyone");
        assert!(lacks(&all, &[("2", 0, 1 << 10), ("3", 1 << 10, 0)]).is_empty(), "among roles what is allowed wins");
        assert_eq!(lacks(&all, &[("9", 0, 1 << 11), ("2", 1 << 11, 0)]), ["Send Messages"], "the member's own wins");
        assert!(lacks(&[("1", 0), ("3", ADMINISTRATOR)], &[("9", 0, ALL)]).is_empty());
        assert_eq!(lacks(&[], &[]).len(), NEEDED.len());
    }
}
