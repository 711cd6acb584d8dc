//! Opens the store: the schema brought up to date, the secret of this installation, and the tasks that write.

use std::sync::Arc;

use sea_orm::sea_query::{LockBehavior, LockType, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect};
use tokio::task::JoinSet;

use super::connect::{Name, Pen, Readers};
use super::location::Location;
use super::migrate::migrate;
use super::posts::KeyMaker;
use super::tables::instance;
use super::writer::{PATIENCE, Writer, WriterParts};
use super::{Store, StoreError, Tx};

/// The tasks that write.
#[derive(Debug)]
pub struct WriterTasks(JoinSet<()>);

impl WriterTasks {
    /// Ready when a task ended: every handle on the store is gone, or it panicked.
    pub async fn one_ended(&mut self) {
        if let Some(Err(error)) = self.0.join_next().await {
            tracing::error!(task = %error.id(), "a task that writes ended by a panic");
        }
    }

    /// Ready when all work that was taken is done, once every handle on the store is gone.
    pub async fn all_ended(&mut self) {
        while !self.0.is_empty() {
            self.one_ended().await;
        }
    }
}

impl Store {
    /// Connects, brings the schema up to date, and starts the tasks that write.
    ///
    /// # Errors
    /// [`StoreError::Open`] with a sentence for the operator.
    pub async fn open(location: &Location) -> Result<(Self, WriterTasks), StoreError> {
        location.make()?;
        migrate(location).await?;
        let name = Name::new()?;
        let mut pen = Pen::new(location, &name).await?;
        let keys = Arc::new(KeyMaker::new(instance_secret(&pen.database()).await?));
        let ids = Arc::default();
        let read = Readers::new(location, &name).await?;
        pen.hold_on_to(location)?;
        let mut tasks = WriterTasks(JoinSet::new());
        let mut start = |pen| {
            let (writer, task) = Writer::new(WriterParts { pen, ids: Arc::clone(&ids), keys: Arc::clone(&keys), patience: PATIENCE });
            tasks.0.spawn(task);
            writer
        };
        let writer = start(pen);
        let behind = match location {
            // A file has one writer, whoever asks.
            Location::Sqlite(_) => writer.clone(),
            Location::Postgres(_) => start(Pen::new(location, &name).await?),
        };
        Ok((Self { read, writer, behind }, tasks))
    }

    /// Is the database writable? Writes to it, through the way that webhooks take.
    pub async fn is_writable(&self) -> bool {
        self.write(|tx| Box::pin(tx.write_nothing_new())).await.is_ok()
    }
}

impl Tx {
    /// A write that changes nothing, and fails where no write would succeed. While somebody holds the row ([`Tx::alone`]), that is proof
    /// enough: webhooks must not wait behind a question.
    pub(super) async fn write_nothing_new(&self) -> Result<(), StoreError> {
        let row = instance::Entity::find_by_id(1).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        if row.one(&self.inner).await?.is_some() {
            instance::Entity::update_many()
                .col_expr(instance::Column::Id, 1.into())
                .filter(instance::Column::Id.eq(1))
                .exec(&self.inner)
                .await?;
        }
        Ok(())
    }
}

/// The secret from which delivery keys are derived; made once.
async fn instance_secret(database: &DatabaseConnection) -> Result<String, StoreError> {
    // Read first: most starts need not wait for whoever is writing.
    if let Some(row) = instance::Entity::find_by_id(1).one(database).await? {
        return Ok(row.secret);
    }
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)?;
    let fresh = hex::encode(random);
    let row = instance::ActiveModel { id: Set(1), secret: Set(fresh), ..Default::default() };
    let once = OnConflict::column(instance::Column::Id).do_nothing().to_owned();
    instance::Entity::insert(row).on_conflict(once).exec_without_returning(database).await?;
    let kept = instance::Entity::find_by_id(1).one(database).await?;
    kept.map(|row| row.secret).ok_or(StoreError::Database(DbErr::RecordNotFound("instance".into())))
}
