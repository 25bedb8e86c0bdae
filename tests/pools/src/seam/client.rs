//! A connection of the application and a transaction on it, with the driver of either mode.

use super::{Mode, Queue};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, PgConnection};
use fang_asynk::{AsyncFinishIn, NoTls};
use fang_blocking::FinishIn;
use fang_core::store::Inserted;
use fang_core::{Context, FangError, NewTask, QueueError};
use tokio::task::block_in_place;

pub enum Client {
    Asynk(tokio_postgres::Client),
    Blocking(PgConnection),
}

pub enum Transaction<'c> {
    Asynk(tokio_postgres::Transaction<'c>),
    Blocking(&'c mut PgConnection),
}

impl Client {
    pub async fn connect(mode: Mode, uri: &str) -> Result<Self, FangError> {
        match mode {
            Mode::Asynk => {
                let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
                tokio::spawn(connection);
                Ok(Self::Asynk(client))
            }
            Mode::Blocking => Ok(Self::Blocking(PgConnection::establish(uri)?)),
        }
    }

    /// Runs statements.
    pub async fn run(&mut self, sql: &str) -> Result<(), FangError> {
        match self {
            Self::Asynk(client) => Ok(client.batch_execute(sql).await?),
            Self::Blocking(client) => Ok(client.batch_execute(sql)?),
        }
    }

    pub async fn begin(&mut self) -> Result<Transaction<'_>, FangError> {
        match self {
            Self::Asynk(client) => Ok(Transaction::Asynk(client.transaction().await?)),
            Self::Blocking(client) => {
                AnsiTransactionManager::begin_transaction(client)?;
                Ok(Transaction::Blocking(client))
            }
        }
    }
}

impl Transaction<'_> {
    pub async fn run(&mut self, sql: &str) -> Result<(), FangError> {
        match self {
            Self::Asynk(transaction) => Ok(transaction.batch_execute(sql).await?),
            Self::Blocking(client) => Ok(client.batch_execute(sql)?),
        }
    }

    /// Inserts tasks in the transaction, through a queue of the same mode.
    pub async fn insert_tasks(
        &mut self,
        queue: &Queue,
        tasks: Vec<NewTask>,
    ) -> Result<Vec<Inserted>, QueueError> {
        match (self, queue) {
            (Self::Asynk(transaction), Queue::Asynk(queue)) => {
                queue.insert_tasks_in(transaction, tasks).await
            }
            (Self::Blocking(client), Queue::Blocking(queue)) => {
                block_in_place(|| queue.insert_tasks_in(client, tasks))
            }
            _ => panic!("the queue and the transaction must have the same mode"),
        }
    }

    /// Saves the success of a run in the transaction.
    pub async fn finish(&mut self, context: &Context) -> Result<(), QueueError> {
        match self {
            Self::Asynk(transaction) => AsyncFinishIn::finish_in(context, transaction).await,
            Self::Blocking(client) => FinishIn::finish_in(context, client),
        }
    }

    /// Commits or rolls back.
    pub async fn end(self, commits: bool) -> Result<(), FangError> {
        match (self, commits) {
            (Self::Asynk(transaction), true) => Ok(transaction.commit().await?),
            (Self::Asynk(transaction), false) => Ok(transaction.rollback().await?),
            (Self::Blocking(client), true) => Ok(AnsiTransactionManager::commit_transaction(client)?),
            (Self::Blocking(client), false) => Ok(AnsiTransactionManager::rollback_transaction(client)?),
        }
    }
}
