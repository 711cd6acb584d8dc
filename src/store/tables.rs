//! The tables as SeaORM sees them: one module a table, columns as in `migrations/`, where they are explained.

#![expect(unreachable_pub, reason = "SeaORM's derives name these types from outside their modules")]

macro_rules! table {
    ($module:ident, $name:literal, $(#[$first:meta])* { $($fields:tt)* }) => {
        pub(super) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub struct Model { $($fields)* }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table!(instance, "instance", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub secret: String,
    pub alive_at: Option<i64>,
    pub blind_from: Option<i64>,
    pub blind_until: Option<i64>,
});

table!(event, "event", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub source: String,
    pub key: String,
    pub kind: String,
    pub call_id: Option<String>,
    pub body: Vec<u8>,
    pub received_at: i64,
    pub found_by: String,
    pub quarantined: Option<String>,
    pub understood_at: Option<i64>,
});

table!(follow_up, "follow_up", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub short_id: String,
    pub event_id: i64,
    pub call_id: String,
    pub version: i64,
    pub state: String,
    pub state_detail: String,
    pub snoozed_until: Option<i64>,
    pub side: String,
    pub reason_class: String,
    pub email_key: Option<String>,
    pub contact_key: Option<String>,
    pub phone_key: Option<String>,
    pub cancelled_at: i64,
    pub start_at: Option<i64>,
    pub opened_at: i64,
    pub changed_at: i64,
    pub facts: String,
    pub last_owner: Option<String>,
    pub stage: String,
    pub look_at: Option<i64>,
    pub withdrawn: i64,
});

table!(booking, "booking", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: i64,
    pub told_at: i64,
    pub email_key: Option<String>,
    pub contact_key: Option<String>,
    pub phone_key: Option<String>,
});

table!(alias, "alias", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub invitee: String,
    pub side: String,
    pub person: Option<String>,
    pub at: i64,
});

table!(history, "history", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub follow_up_id: i64,
    pub at: i64,
    pub person: Option<String>,
    pub act: String,
    pub detail: Option<String>,
    pub press: Option<String>,
});

table!(post, "post", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub follow_up_id: i64,
    pub kind: String,
    pub body: Option<String>,
    pub platform: String,
    pub channel: String,
    pub channel_name: String,
    pub parent: Option<String>,
    pub wanted: i64,
    pub shown: i64,
    pub maybe_sent: Option<i64>,
    pub message: Option<String>,
    pub phase: String,
    pub due_at: i64,
    pub lease_until: Option<i64>,
    pub fence: i64,
    pub attempt: i64,
    pub looks: i64,
    pub plain: i64,
    pub first_sent_at: Option<i64>,
    pub last_sent_at: Option<i64>,
    pub created_at: i64,
    pub failing_since: Option<i64>,
    pub last_error: Option<String>,
    pub sweep_at: Option<i64>,
    pub suspect_until: Option<i64>,
});

table!(pace, "pace", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub platform: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    pub not_before: i64,
    pub closed_since: Option<i64>,
    pub closed_why: Option<String>,
});

table!(method_pace, "method_pace", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub platform: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    pub not_before: i64,
});

table!(registration, "registration", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub digest: String,
    pub at: i64,
});
